#include "apps/compressd/ndjson_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "messages/channel/endpoint.h"

namespace pith {
namespace {

constexpr int kBacklog = 128;

Error cannot(const std::string& address, const char* what) {
  return {ErrorCode::kInvalidArgument, "cannot listen on " + address + ": " + what};
}

/// Closes what it holds unless it was released.
class OpenFd {
 public:
  explicit OpenFd(int fd) : fd_(fd) {}
  ~OpenFd() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFd(const OpenFd&) = delete;
  OpenFd& operator=(const OpenFd&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

Result<NdjsonListener> listen_unix(const std::string& address, const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof name.sun_path)
    return cannot(address, "path empty or over 107 bytes");
  std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
  if (Result<Done> made = make_private_directory(path); !made) return made.error();
  const auto* sockaddr_of_name = reinterpret_cast<const sockaddr*>(&name);
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) return cannot(address, "a file that is not a socket is there");
    const OpenFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(probe.get(), sockaddr_of_name, sizeof name) == 0 || errno == EAGAIN) {
      return cannot(address, "another process listens on it");
    }
    ::unlink(path.c_str());
  }
  OpenFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return cannot(address, std::strerror(errno));
  // On Linux the socket's mode before bind is the file's: there is no moment in which others could
  // connect.
  if (::fchmod(fd.get(), 0600) != 0 || ::bind(fd.get(), sockaddr_of_name, sizeof name) != 0 ||
      ::listen(fd.get(), kBacklog) != 0) {
    return cannot(address, std::strerror(errno));
  }
  return NdjsonListener{.fd = fd.release(), .bound = address, .unix_path = path};
}

Result<NdjsonListener> listen_tcp(const std::string& address) {
  Result<HostPort> parsed = parse_host_port(address);
  if (!parsed) return parsed.error();
  if (!is_loopback(parsed->host)) return cannot(address, "only loopback; it has no authentication");
  sockaddr_storage name{};
  socklen_t name_bytes = 0;
  const bool v6 = parsed->host.find(':') != std::string::npos;
  if (v6) {
    auto* in6 = reinterpret_cast<sockaddr_in6*>(&name);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(parsed->port);
    in6->sin6_addr = in6addr_loopback;
    name_bytes = sizeof *in6;
  } else {
    auto* in4 = reinterpret_cast<sockaddr_in*>(&name);
    in4->sin_family = AF_INET;
    in4->sin_port = htons(parsed->port);
    const std::string host = parsed->host == "localhost" ? "127.0.0.1" : parsed->host;
    ::inet_pton(AF_INET, host.c_str(), &in4->sin_addr);
    name_bytes = sizeof *in4;
  }
  OpenFd fd(::socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return cannot(address, std::strerror(errno));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&name), name_bytes) != 0 ||
      ::listen(fd.get(), kBacklog) != 0 ||
      ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &name_bytes) != 0) {
    return cannot(address, std::strerror(errno));
  }
  const std::uint16_t port = ntohs(v6 ? reinterpret_cast<sockaddr_in6*>(&name)->sin6_port
                                      : reinterpret_cast<sockaddr_in*>(&name)->sin_port);
  const std::string host = v6 ? "[" + parsed->host + "]" : parsed->host;
  return NdjsonListener{
      .fd = fd.release(), .bound = host + ":" + std::to_string(port), .unix_path = {}};
}

}  // namespace

Result<NdjsonListener> open_ndjson_listener(const std::string& address) {
  constexpr std::string_view kUnix = "unix:";
  if (address.starts_with(kUnix)) return listen_unix(address, address.substr(kUnix.size()));
  return listen_tcp(address);
}

}  // namespace pith
