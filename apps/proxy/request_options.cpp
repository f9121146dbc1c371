#include "apps/proxy/request_options.h"

#include <openssl/sha.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace pith {
namespace {

std::string sha256_hex(std::string_view text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += kHex[byte >> 4];
    hex += kHex[byte & 15];
  }
  return hex;
}

/// The key a client authenticates with, wherever its API puts it; empty when it sends none.
std::string api_key(const RequestHead& head) {
  if (auto value = find_header(head.headers, "authorization"); !value.empty()) {
    const auto blank = value.find(' ');
    if (blank != std::string_view::npos) value.remove_prefix(blank + 1);
    return std::string(value);
  }
  for (const char* name : {"x-api-key", "api-key", "x-goog-api-key"}) {
    if (const auto value = find_header(head.headers, name); !value.empty())
      return std::string(value);
  }
  const std::string_view target = head.target;
  for (const std::string_view mark : {"?key=", "&key="}) {
    if (const auto at = target.find(mark); at != std::string_view::npos) {
      const auto from = at + mark.size();
      return std::string(target.substr(from, target.find('&', from) - from));
    }
  }
  return {};
}

std::string tenant_of(const RequestHead& head, const Config& config, const HashKey& key) {
  const auto named = find_header(head.headers, "x-pith-tenant");
  if (!named.empty() && std::find(config.trusted_peers.begin(), config.trusted_peers.end(),
                                  head.peer) != config.trusted_peers.end()) {
    return std::string(named.substr(0, 64));
  }
  const std::string secret = api_key(head);
  if (secret.empty()) return "default";
  if (!config.tenants.empty()) {
    if (const auto known = config.tenants.find(sha256_hex(secret)); known != config.tenants.end()) {
      return known->second;
    }
  }
  return to_hex(key.of({"tenant", secret}));
}

Error bad_header(const char* name, const char* what) {
  return Error{ErrorCode::kInvalidArgument, std::string(name) + " " + what};
}

}  // namespace

Result<RequestOptions> read_request_options(const RequestHead& head, const Config& config,
                                            const HashKey& key) {
  RequestOptions options;
  options.mode = config.mode;
  options.rate = config.rate;
  if (const auto value = find_header(head.headers, "x-pith-mode"); !value.empty()) {
    const auto mode = parse_mode(value);
    if (!mode) return bad_header("x-pith-mode", "must be off, observe or on");
    options.mode = *mode;
  }
  if (const auto value = find_header(head.headers, "x-pith-rate"); !value.empty()) {
    const std::string text(value);
    char* end = nullptr;
    options.rate = std::strtof(text.c_str(), &end);
    if (*end != '\0' || !(options.rate > 0.0F && options.rate <= 1.0F)) {
      return bad_header("x-pith-rate", "must be above 0 and at most 1");
    }
  }
  if (const auto value = find_header(head.headers, "x-pith-target-tokens"); !value.empty()) {
    std::uint32_t tokens = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), tokens);
    if (error != std::errc{} || end != value.data() + value.size() || tokens == 0) {
      return bad_header("x-pith-target-tokens", "must be a whole number above 0");
    }
    options.target_tokens = tokens;
  }
  options.query = find_header(head.headers, "x-pith-query").substr(0, 4000);
  options.policy = find_header(head.headers, "x-pith-policy").substr(0, 128);
  options.conversation = find_header(head.headers, "x-pith-conversation").substr(0, 256);
  options.no_explore = !find_header(head.headers, "x-pith-no-explore").empty();
  options.tenant = tenant_of(head, config, key);
  return options;
}

}  // namespace pith
