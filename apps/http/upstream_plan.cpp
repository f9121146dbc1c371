#include "apps/http/upstream_plan.h"

#include <arpa/inet.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "apps/http/header_list.h"

namespace pith {
namespace {

struct AddressBytes {
  std::array<unsigned char, 16> bytes{};
  unsigned num_bits = 0;  // 32 or 128
};

std::optional<AddressBytes> parse_address(std::string_view text) {
  const std::string zero_ended(text);
  AddressBytes out;
  if (inet_pton(AF_INET, zero_ended.c_str(), out.bytes.data()) == 1) {
    out.num_bits = 32;
  } else if (inet_pton(AF_INET6, zero_ended.c_str(), out.bytes.data()) == 1) {
    out.num_bits = 128;
  } else {
    return std::nullopt;
  }
  return out;
}

bool in_block(const AddressBytes& address, std::string_view block) {
  const std::size_t slash = block.find('/');
  const auto base = parse_address(block.substr(0, slash));
  if (!base || base->num_bits != address.num_bits) return false;
  unsigned num_bits = base->num_bits;
  if (slash != std::string_view::npos) {
    const std::string_view digits = block.substr(slash + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), num_bits);
    if (error != std::errc() || end != digits.data() + digits.size() || num_bits > base->num_bits)
      return false;
  }
  for (unsigned bit = 0; bit < num_bits; ++bit) {
    const auto mask = static_cast<unsigned char>(0x80U >> (bit % 8));
    if ((base->bytes[bit / 8] & mask) != (address.bytes[bit / 8] & mask)) return false;
  }
  return true;
}

bool is_loopback(std::string_view host, const std::optional<AddressBytes>& address) {
  return iequals(host, "localhost") ||
         (address && (in_block(*address, "127.0.0.0/8") || in_block(*address, "::1")));
}

std::string base64(std::string_view text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr ==
            text.data() + i + 3) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string bracketed(const std::string& host) {
  return host.find(':') != std::string::npos ? "[" + host + "]" : host;
}

/// Splits "host:port", "[v6]:port" or "host".
bool split_host_port(std::string_view text, std::string& host, std::uint16_t& port) {
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    host = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
  } else {
    const std::size_t colon = text.find(':');
    host = text.substr(0, colon);
    text.remove_prefix(std::min(colon, text.size()));
  }
  if (host.empty()) return false;
  if (text.empty()) return true;
  if (text.front() != ':') return false;
  text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port != 0;
}

bool apply_proxy(std::string_view url, UpstreamPlan& plan) {
  if (url.substr(0, 7) == "http://") url.remove_prefix(7);
  if (url.find("://") != std::string_view::npos) return false;
  url = url.substr(0, url.find('/'));
  if (const std::size_t at = url.rfind('@'); at != std::string_view::npos) {
    plan.proxy_authorization = "Basic " + base64(percent_decoded(url.substr(0, at)));
    url.remove_prefix(at + 1);
  }
  plan.connect_port = 80;
  return split_host_port(url, plan.connect_host, plan.connect_port);
}

}  // namespace

bool bypasses_proxy(std::string_view host, std::uint16_t port, std::string_view no_proxy) {
  const auto address = parse_address(host);
  if (is_loopback(host, address)) return true;
  bool bypass = false;
  for_each_element(no_proxy, [&](std::string_view entry) {
    if (entry == "*") bypass = true;
    if (address && in_block(*address, entry)) bypass = true;
    if (const std::size_t colon = entry.rfind(':');
        colon != std::string_view::npos && entry.find(':') == colon) {
      std::uint16_t entry_port = 0;
      const std::string_view digits = entry.substr(colon + 1);
      std::from_chars(digits.data(), digits.data() + digits.size(), entry_port);
      if (entry_port != port) return;
      entry = entry.substr(0, colon);
    }
    if (entry.substr(0, 1) == "*") entry.remove_prefix(1);
    if (entry.substr(0, 1) == ".") entry.remove_prefix(1);
    if (entry.empty()) return;
    if (iequals(host, entry)) bypass = true;
    if (host.size() > entry.size() && host[host.size() - entry.size() - 1] == '.' &&
        iequals(host.substr(host.size() - entry.size()), entry)) {
      bypass = true;
    }
  });
  return bypass;
}

Result<UpstreamPlan> plan_upstream(const Upstream& upstream, const EdgeOptions& options) {
  UpstreamPlan plan;
  plan.tls = upstream.tls;
  plan.name = upstream.name;
  plan.host = upstream.host;
  plan.authority = bracketed(upstream.host) + ":" + std::to_string(upstream.port);
  const bool default_port = upstream.port == (upstream.tls ? 443 : 80);
  plan.host_header = default_port ? bracketed(upstream.host) : plan.authority;
  plan.connect_host = upstream.host;
  plan.connect_port = upstream.port;
  plan.target_prefix = upstream.path_prefix;
  plan.send_via = upstream.send_via;
  plan.keep_pith_headers = upstream.keep_pith_headers;
  const std::string& proxy = upstream.tls ? options.https_proxy : options.http_proxy;
  if (proxy.empty() || bypasses_proxy(upstream.host, upstream.port, options.no_proxy)) return plan;
  if (!apply_proxy(proxy, plan)) {
    return {ErrorCode::kInvalidArgument, std::string("proxy is not http://host:port: set ") +
                                             (upstream.tls ? "HTTPS_PROXY" : "HTTP_PROXY")};
  }
  plan.via = upstream.tls ? UpstreamPlan::Via::kConnect : UpstreamPlan::Via::kAbsoluteForm;
  if (!upstream.tls) plan.target_prefix = "http://" + plan.host_header + upstream.path_prefix;
  return plan;
}

}  // namespace pith
