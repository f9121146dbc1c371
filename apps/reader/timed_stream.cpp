#include "apps/reader/timed_stream.h"

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "apps/http/head_parser.h"
#include "apps/http/resolver.h"
#include "apps/http/socket_io.h"

namespace pith {
namespace {

Error broken(std::string what) {
  return Error{ErrorCode::kUnavailable, "reader: " + std::move(what)};
}
Error system_problem(const char* what) {
  return broken(std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

TimedStream::TimedStream(TimedStream&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), ssl_(std::move(other.ssl_)) {}

TimedStream& TimedStream::operator=(TimedStream&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(ssl_, other.ssl_);
  return *this;
}

TimedStream::~TimedStream() {
  ssl_.reset();
  if (fd_ >= 0) close(fd_);
}

Result<Done> TimedStream::wait(short events, Deadline deadline) const {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return broken("no answer in time");
    pollfd entry{fd_, events, 0};
    const int limit = static_cast<int>(std::min<std::int64_t>(left.count(), 60'000));
    const int ready = poll(&entry, 1, limit);
    if (ready > 0) return Done{};
    if (ready < 0 && errno != EINTR) return system_problem("poll");
  }
}

Result<TimedStream> TimedStream::connect(const UpstreamPlan& plan, const TlsClient& tls,
                                         TlsSessionSlot& slot, Deadline deadline) {
  const auto addresses = Resolver::system_lookup(plan.connect_host, plan.connect_port);
  if (!addresses) return broken(addresses.error().detail);
  Error last = broken("no address");
  for (const SocketAddress& address : **addresses) {
    const auto* name = reinterpret_cast<const sockaddr*>(&address.storage);
    TimedStream stream(socket(name->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (stream.fd_ < 0) return system_problem("socket");
    if (::connect(stream.fd_, name, address.length) != 0) {
      if (errno != EINPROGRESS) {
        last = system_problem("cannot connect");
        continue;
      }
      if (const auto waited = stream.wait(POLLOUT, deadline); !waited) return waited.error();
      int problem = 0;
      socklen_t size = sizeof(problem);
      getsockopt(stream.fd_, SOL_SOCKET, SO_ERROR, &problem, &size);
      if (problem != 0) {
        last = broken(std::string("cannot connect: ") + std::strerror(problem));
        continue;
      }
    }
    set_stream_options(stream.fd_);
    if (plan.via == UpstreamPlan::Via::kConnect) {
      if (const auto done = stream.open_tunnel(plan, deadline); !done) return done.error();
    }
    if (plan.tls) {
      if (const auto done = stream.shake_hands(plan, tls, slot, deadline); !done)
        return done.error();
    }
    return stream;
  }
  return last;
}

Result<Done> TimedStream::open_tunnel(const UpstreamPlan& plan, Deadline deadline) {
  std::string request =
      "CONNECT " + plan.authority + " HTTP/1.1\r\nHost: " + plan.authority + "\r\n";
  if (!plan.proxy_authorization.empty()) {
    request += "Proxy-Authorization: " + plan.proxy_authorization + "\r\n";
  }
  if (const auto sent = write(request + "\r\n", deadline); !sent) return sent.error();
  HeadParser parser(HeadParser::Kind::kResponse, {});
  std::string bytes;
  for (;;) {
    const auto got = read(bytes, deadline);
    if (!got) return got.error();
    if (*got == 0) return broken("the proxy closed the connection");
    const HeadParser::State state = parser.parse(bytes);
    if (state == HeadParser::State::kIncomplete) continue;
    if (state != HeadParser::State::kComplete) return broken("the proxy's answer is not HTTP");
    if (parser.head().status / 100 == 2) return Done{};
    return broken("the proxy refused the tunnel: " + std::to_string(parser.head().status));
  }
}

Result<bool> TimedStream::wait_for_tls(int status, Deadline deadline) {
  short events = 0;
  switch (SSL_get_error(ssl_.get(), status)) {
    case SSL_ERROR_ZERO_RETURN:
      return false;
    case SSL_ERROR_WANT_READ:
      events = POLLIN;
      break;
    case SSL_ERROR_WANT_WRITE:
      events = POLLOUT;
      break;
    default:
      return broken("TLS: " + tls_problem(ssl_.get()));
  }
  if (const auto waited = wait(events, deadline); !waited) return waited.error();
  return true;
}

Result<Done> TimedStream::shake_hands(const UpstreamPlan& plan, const TlsClient& tls,
                                      TlsSessionSlot& slot, Deadline deadline) {
  ssl_ = tls.open(fd_, plan.host, slot);
  if (!ssl_) return broken("TLS: out of memory");
  for (;;) {
    ERR_clear_error();
    const int status = SSL_do_handshake(ssl_.get());
    if (status == 1) return Done{};
    const auto waited = wait_for_tls(status, deadline);
    if (!waited) return waited.error();
    if (!*waited) return broken("TLS: connection closed");
  }
}

Result<Done> TimedStream::write(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    if (ssl_) {
      ERR_clear_error();
      const int size = static_cast<int>(std::min<std::size_t>(bytes.size(), 1U << 30U));
      const int sent = SSL_write(ssl_.get(), bytes.data(), size);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
        continue;
      }
      const auto waited = wait_for_tls(sent, deadline);
      if (!waited) return waited.error();
      if (!*waited) return broken("connection closed");
      continue;
    }
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (const auto waited = wait(POLLOUT, deadline); !waited) return waited.error();
    } else if (errno != EINTR) {
      return system_problem("cannot send");
    }
  }
  return Done{};
}

Result<std::size_t> TimedStream::read(std::string& out, Deadline deadline) {
  std::array<char, 16384> buffer;
  for (;;) {
    if (ssl_) {
      ERR_clear_error();
      const int got = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
      if (got > 0) {
        out.append(buffer.data(), static_cast<std::size_t>(got));
        return static_cast<std::size_t>(got);
      }
      const auto waited = wait_for_tls(got, deadline);
      if (!waited) return waited.error();
      if (!*waited) return std::size_t{0};
      continue;
    }
    const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
    if (got >= 0) {
      out.append(buffer.data(), static_cast<std::size_t>(got));
      return static_cast<std::size_t>(got);
    }
    if (errno == EAGAIN) {
      if (const auto waited = wait(POLLIN, deadline); !waited) return waited.error();
    } else if (errno != EINTR) {
      return system_problem("cannot receive");
    }
  }
}

}  // namespace pith
