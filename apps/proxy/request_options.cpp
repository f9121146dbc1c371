#include "apps/proxy/request_options.h"

#include <openssl/sha.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "apps/providers/json_string.h"

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
    // Cut, two tenants could become one.
    return named.size() <= 64 ? std::string(named) : to_hex(key.of({"named tenant", named}));
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

/// Of the query: a longer one is cut before a character.
constexpr std::size_t kQueryBytesMax = 4000;

}  // namespace

RequestOptions read_request_options(const RequestHead& head, const Config& config,
                                    const HashKey& key) {
  RequestOptions options;
  options.mode = config.mode;
  options.rate = config.rate;
  const auto malformed = [&](const char* what) {
    if (options.problem.empty()) options.problem = what;
  };
  if (const auto value = find_header(head.headers, "x-pith-mode"); !value.empty()) {
    if (const auto mode = parse_mode(value)) {
      options.mode = *mode;
    } else {
      malformed("x-pith-mode must be off, observe or on");
    }
  }
  if (const auto value = find_header(head.headers, "x-pith-rate"); !value.empty()) {
    float rate = 0.0F;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), rate);
    if (error == std::errc{} && end == value.data() + value.size() && rate > 0.0F && rate <= 1.0F) {
      options.rate = rate;
    } else {
      malformed("x-pith-rate must be above 0 and at most 1");
    }
  }
  if (const auto value = find_header(head.headers, "x-pith-target-tokens"); !value.empty()) {
    std::uint32_t tokens = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), tokens);
    if (error == std::errc{} && end == value.data() + value.size() && tokens != 0) {
      options.target_tokens = tokens;
    } else {
      malformed("x-pith-target-tokens must be a whole number above 0");
    }
  }
  const auto query = find_header(head.headers, "x-pith-query");
  if (simdjson::validate_utf8(query.data(), query.size())) {
    options.query = query.substr(0, character_prefix(query, kQueryBytesMax));
  } else {
    malformed("x-pith-query must be UTF-8");
  }
  const auto policy = find_header(head.headers, "x-pith-policy");
  if (policy.size() <= 128 && simdjson::validate_utf8(policy.data(), policy.size())) {
    options.policy = policy;
  } else {
    malformed("x-pith-policy must name a policy");
  }
  options.conversation = find_header(head.headers, "x-pith-conversation");
  options.no_explore = !find_header(head.headers, "x-pith-no-explore").empty();
  options.tenant = tenant_of(head, config, key);
  if (!options.problem.empty()) options.mode = Mode::kOff;
  return options;
}

}  // namespace pith
