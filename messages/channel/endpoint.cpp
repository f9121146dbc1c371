#include "messages/channel/endpoint.h"

#include <arpa/inet.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

namespace pith {
namespace {

Error bad(std::string detail) { return {ErrorCode::kInvalidArgument, std::move(detail)}; }

std::string directory_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

Result<Done> check_private(const std::string& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) return bad(directory + ": " + std::strerror(errno));
  if (status.st_uid != ::geteuid() || (status.st_mode & 077U) != 0) {
    return bad("ipc directory " + directory +
               " must belong to this user with mode 0700 (chmod 700)");
  }
  return Done{};
}

Result<Done> check_ipc(const std::string& path, EndpointUse use) {
  if (path.empty() || path[0] == '@' || path[0] == '*')
    return bad("ipc needs a path: ipc:///run/user/1000/pith/x");
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return bad("ipc path is longer than 107 bytes: " + path);
  if (use == EndpointUse::kConnect)
    return Done{};  // The compressor makes the directory, now or later.
  if (Result<Done> made = make_private_directory(path); !made) return made;
  return check_private(directory_of(path));
}

Result<Done> check_tcp(const std::string& address, EndpointUse use) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return bad("tcp endpoint without a port: " + address);
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  if (!is_loopback(host)) {
    return bad("tcp beyond loopback needs CURVE, which is not configured: " + address);
  }
  const std::string port = address.substr(colon + 1);
  if (port == "*" && use == EndpointUse::kBind) return Done{};
  if (Result<HostPort> parsed = parse_host_port("127.0.0.1:" + port); !parsed)
    return parsed.error();
  return Done{};
}

}  // namespace

Result<Done> check_endpoint(const std::string& endpoint, EndpointUse use) {
  const auto rest_of = [&](std::string_view scheme) { return endpoint.substr(scheme.size()); };
  if (endpoint.starts_with("inproc://")) {
    if (rest_of("inproc://").empty()) return bad("inproc endpoint without a name");
    return Done{};
  }
  if (endpoint.starts_with("ipc://")) return check_ipc(rest_of("ipc://"), use);
  if (endpoint.starts_with("tcp://")) return check_tcp(rest_of("tcp://"), use);
  return bad("an endpoint is inproc://NAME, ipc://PATH or tcp://127.0.0.1:PORT, not " + endpoint);
}

Result<HostPort> parse_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0)
    return bad("not HOST:PORT: " + std::string(text));
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad("an IPv6 address needs brackets: [" + std::string(host) + "]:" + std::string(port));
  }
  HostPort parsed{.host = std::string(host), .port = 0};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), parsed.port);
  if (port.empty() || error != std::errc{} || end != port.data() + port.size()) {
    return bad("not a port from 0 to 65535: " + std::string(port));
  }
  return parsed;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost") return true;
  const std::string text(host);
  if (in_addr v4{}; ::inet_pton(AF_INET, text.c_str(), &v4) == 1)
    return (ntohl(v4.s_addr) >> 24U) == 127;
  if (in6_addr v6{}; ::inet_pton(AF_INET6, text.c_str(), &v6) == 1)
    return IN6_IS_ADDR_LOOPBACK(&v6) != 0;
  return false;
}

Result<Done> make_private_directory(const std::string& path) {
  const std::string directory = directory_of(path);
  std::error_code error;
  if (std::filesystem::is_directory(directory, error)) return Done{};
  std::filesystem::create_directories(std::filesystem::path(directory).parent_path(), error);
  // Made with its final mode: there is no moment in which others could enter.
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return bad("cannot make directory " + directory + ": " + std::strerror(errno));
  }
  return Done{};
}

}  // namespace pith
