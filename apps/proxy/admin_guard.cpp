#include "apps/proxy/admin_guard.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>

#include <algorithm>

namespace pith {
namespace {

/// "example.com:8080" -> "example.com"; "[::1]:80" -> "::1".
std::string_view host_name(std::string_view authority) {
  if (!authority.empty() && authority.front() == '[') {
    const auto close = authority.find(']');
    return close == std::string_view::npos ? std::string_view{} : authority.substr(1, close - 1);
  }
  return authority.substr(0, authority.find(':'));
}

bool is_address(std::string_view host) {
  unsigned char bytes[16];
  const std::string text(host);
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

bool same_secret(std::string_view given, std::string_view expected) {
  return given.size() == expected.size() &&
         CRYPTO_memcmp(given.data(), expected.data(), given.size()) == 0;
}

}  // namespace

unsigned refuse_admin(const RequestHead& head, std::string_view path, const Config& config,
                      std::string& reason) {
  const std::string_view host = host_name(find_header(head.headers, "host"));
  const bool known_host = is_address(host) || host == "localhost" ||
                          std::find(config.admin_hosts.begin(), config.admin_hosts.end(), host) !=
                              config.admin_hosts.end();
  if (!known_host) {
    reason = "this Host name is not allowed here; add it to admin.hosts";
    return 403;
  }
  if (std::string_view origin = find_header(head.headers, "origin"); !origin.empty()) {
    const auto scheme = origin.find("://");
    const std::string_view from =
        scheme == std::string_view::npos ? std::string_view{} : origin.substr(scheme + 3);
    if (from != find_header(head.headers, "host")) {
      reason = "requests from other origins are not allowed here";
      return 403;
    }
  }
  const bool secret_path = path == "/metrics" || path.substr(0, 5) == "/pith";
  if (secret_path && !config.admin_token.empty()) {
    std::string_view given = find_header(head.headers, "x-pith-admin-token");
    const std::string_view bearer = find_header(head.headers, "authorization");
    if (given.empty() && bearer.substr(0, 7) == "Bearer ") given = bearer.substr(7);
    if (!same_secret(given, config.admin_token)) {
      reason = "an admin token is needed: authorization: Bearer TOKEN";
      return 401;
    }
  }
  return 0;
}

}  // namespace pith
