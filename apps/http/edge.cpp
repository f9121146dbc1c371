#include "apps/http/edge.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <random>
#include <thread>

#include "apps/http/client_connection.h"
#include "apps/http/worker.h"

namespace pith {
namespace {

/// A listening socket on `address`, or -1. Several threads share a port by SO_REUSEPORT.
int listen_on(const SocketAddress& address, bool share) {
  const int family = address.storage.ss_family;
  const int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  if (share) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0 ||
      ::listen(fd, 4096) != 0) {
    const int error = errno;
    ::close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

void set_port(SocketAddress& address, std::uint16_t port) {
  if (address.storage.ss_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(address.storage).sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in&>(address.storage).sin_port = htons(port);
  }
}

std::uint16_t port_of(const SocketAddress& address) {
  return ntohs(address.storage.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address.storage).sin_port);
}

std::string random_token() {
  std::random_device device;
  char text[32];
  std::snprintf(text, sizeof(text), "pith-%08x%08x", device(), device());
  return text;
}

}  // namespace

class Edge::Impl {
 public:
  Impl(EdgeOptions options, EdgeHandler& handler) : core_(std::move(options), handler) {}
  ~Impl() { stop(); }

  Result<Done> start();
  void stop();
  std::uint16_t port() const { return port_of(core_.listening); }
  const EdgeCounters& counters() const { return core_.counters; }

 private:
  Result<Done> prepare();

  EdgeCore core_;
  std::vector<std::unique_ptr<Worker>> workers_;
  bool stopped_ = false;
};

Result<Done> Edge::Impl::prepare() {
  for (const Upstream& upstream : core_.options.upstreams) {
    Result<UpstreamPlan> plan = plan_upstream(upstream, core_.options);
    if (!plan) return plan.error();
    core_.plans.push_back(std::move(*plan));
  }
  Result<std::unique_ptr<TlsClient>> tls = TlsClient::create(core_.options.ca_file);
  if (!tls) return tls.error();
  core_.tls = std::move(*tls);
  core_.via_token = random_token();
  const auto addresses = Resolver::system_lookup(core_.options.host, core_.options.port);
  if (!addresses)
    return {ErrorCode::kInvalidArgument,
            "cannot listen on " + core_.options.host + ": " + addresses.error().detail};
  core_.listening = (*addresses)->front();
  return Done{};
}

Result<Done> Edge::Impl::start() {
  if (Result<Done> prepared = prepare(); !prepared) return prepared.error();
  const auto cannot_listen = [this]() -> Result<Done> {
    return {ErrorCode::kInvalidArgument, "cannot listen on " + core_.options.host + ":" +
                                             std::to_string(core_.options.port) + ": " +
                                             std::strerror(errno)};
  };
  // Sharing a port is for our own threads: without this, a second edge would silently take half the
  // connections.
  const int probe = listen_on(core_.listening, false);
  if (probe < 0) return cannot_listen();
  socklen_t length = sizeof(core_.listening.storage);
  ::getsockname(probe, reinterpret_cast<sockaddr*>(&core_.listening.storage), &length);
  const std::uint16_t port = port_of(core_.listening);
  ::close(probe);
  set_port(core_.listening, port);

  // OpenSSL writes with write(2): a closed peer must be an error, not the end of the process.
  if (struct sigaction action;
      ::sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_DFL) {
    ::signal(SIGPIPE, SIG_IGN);
  }
  std::vector<int> listeners;
  for (unsigned i = 0; i < std::max(1U, core_.options.threads); ++i) {
    const int fd = listen_on(core_.listening, true);
    if (fd < 0) {
      const int error = errno;
      for (const int open : listeners) ::close(open);
      errno = error;
      return cannot_listen();
    }
    listeners.push_back(fd);
  }
  for (const int fd : listeners) workers_.push_back(std::make_unique<Worker>(core_, fd));
  for (const auto& worker : workers_) worker->start();
  return Done{};
}

void Edge::Impl::stop() {
  if (stopped_) return;
  stopped_ = true;
  using Clock = std::chrono::steady_clock;
  // Kept connections stay for a moment: a request may be on its way, and is answered with
  // connection: close.
  constexpr std::chrono::milliseconds kIdleGrace{300};
  core_.draining.store(true);
  for (const auto& worker : workers_) worker->stop_accepting();
  const Clock::time_point began = Clock::now();
  bool idle_closed = false;
  while (!workers_.empty() && Clock::now() - began < core_.options.drain_timeout) {
    if (core_.counters.open_connections.load() == 0) break;
    if (!idle_closed && Clock::now() - began >= kIdleGrace &&
        core_.counters.in_flight.load() == 0) {
      idle_closed = true;
      for (const auto& worker : workers_) worker->close_idle();
    }
    if (idle_closed && core_.counters.in_flight.load() == 0 &&
        Clock::now() - began >= 2 * kIdleGrace)
      break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  for (const auto& worker : workers_) worker->abort_all();
  for (const auto& worker : workers_) worker->join();
  workers_.clear();
}

Edge::Edge(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Edge::~Edge() = default;

Result<std::unique_ptr<Edge>> Edge::start(EdgeOptions options, EdgeHandler& handler) {
  auto impl = std::make_unique<Impl>(std::move(options), handler);
  if (Result<Done> started = impl->start(); !started) return started.error();
  return std::unique_ptr<Edge>(new Edge(std::move(impl)));
}

std::uint16_t Edge::port() const { return impl_->port(); }
void Edge::stop() { impl_->stop(); }
const EdgeCounters& Edge::counters() const { return impl_->counters(); }

}  // namespace pith
