// Listen addresses and upstream URLs.
#include <charconv>

#include "apps/options/config.h"

namespace pith {
namespace {

Error invalid(std::string what) { return Error{ErrorCode::kInvalidArgument, std::move(what)}; }

Result<std::uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port > 65535) {
    return invalid("\"" + std::string(text) + "\" is not a port (0 to 65535)");
  }
  return static_cast<std::uint16_t>(port);
}

bool is_name(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    if (!plain) return false;
  }
  return true;
}

}  // namespace

Result<HostPort> parse_listen(std::string_view text) {
  const bool no_host = text.find(':') == std::string_view::npos;
  if (no_host || text.front() == ':') {
    auto port = parse_port(no_host ? text : text.substr(1));
    if (!port) return port.error();
    return HostPort{"127.0.0.1", *port};
  }
  return parse_host_port(text);
}

Result<UpstreamConfig> parse_upstream(std::string_view text) {
  UpstreamConfig upstream;
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) {
    return invalid("\"" + std::string(text) +
                   "\": an upstream is [NAME=]http://HOST[:PORT][/PATH] or https://...");
  }
  if (const auto equals = text.find('='); equals < scheme_end) {
    upstream.name = text.substr(0, equals);
    if (!is_name(upstream.name) || upstream.name == "pith" || upstream.name == "v1") {
      return invalid("\"" + upstream.name +
                     "\" cannot name an upstream: letters, digits, '-', '_', '.' only");
    }
    text.remove_prefix(equals + 1);
  }
  upstream.url = text;
  if (text.substr(0, 8) == "https://") {
    upstream.tls = true;
    upstream.port = 443;
    text.remove_prefix(8);
  } else if (text.substr(0, 7) == "http://") {
    text.remove_prefix(7);
  } else {
    return invalid("\"" + std::string(text) + "\": the scheme must be http or https");
  }
  const auto slash = text.find('/');
  std::string_view authority = text.substr(0, slash);
  std::string_view path = slash == std::string_view::npos ? std::string_view{} : text.substr(slash);
  if (path.find_first_of("?# ") != std::string_view::npos)
    return invalid("an upstream URL has no query or fragment");
  if (authority.find('@') != std::string_view::npos) {
    return invalid("an upstream URL holds no user or password; clients send their own keys");
  }
  const bool brackets = !authority.empty() && authority.front() == '[';
  const auto colon = brackets ? authority.find("]:") : authority.rfind(':');
  if (colon != std::string_view::npos) {
    auto port = parse_port(authority.substr(colon + (brackets ? 2 : 1)));
    if (!port) return port.error();
    upstream.port = *port;
    authority = authority.substr(0, colon + (brackets ? 1 : 0));
  }
  if (brackets && authority.size() > 2) authority = authority.substr(1, authority.size() - 2);
  if (authority.empty()) return invalid("an upstream URL needs a host");
  upstream.host = authority;
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  if (path.size() >= 3 && path.substr(path.size() - 3) == "/v1") {
    upstream.url_had_v1 = true;
    path.remove_suffix(3);
  }
  upstream.path_prefix = path;
  return upstream;
}

}  // namespace pith
