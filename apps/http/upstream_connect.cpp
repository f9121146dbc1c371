// How an UpstreamConnection comes to be: addresses, TCP, the proxy, TLS.
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "apps/http/head_parser.h"
#include "apps/http/upstream_connection.h"
#include "apps/http/worker.h"

namespace pith {

using boost::asio::socket_base;
using boost::system::error_code;

void UpstreamConnection::connect(Owner& owner) {
  owner_ = &owner;
  ++num_uses_;
  count(worker_.core().counters.upstream_connects);
  phase_ = Phase::kResolving;
  worker_.watch(*this);
  connect_deadline_ms_ = worker_.now_ms() + worker_.core().options.connect_timeout.count();
  set_deadline(connect_deadline_ms_);
  // The answer may come from another thread, after this connection and even its thread are gone.
  worker_.core().resolver->resolve(
      plan_.connect_host, plan_.connect_port,
      [mailbox = worker_.mailbox(),
       weak = weak_from_this()](Result<Resolver::Addresses> addresses) {
        mailbox->post([weak, addresses = std::move(addresses)]() mutable {
          if (const auto self = weak.lock()) self->on_resolved(std::move(addresses));
        });
      });
}

void UpstreamConnection::on_resolved(Result<Resolver::Addresses> addresses) {
  if (phase_ != Phase::kResolving) return;
  if (!addresses) return fail(502, addresses.error().detail);
  addresses_ = *addresses;
  phase_ = Phase::kConnecting;
  try_next_address();
}

void UpstreamConnection::try_next_address() {
  while (next_address_ < addresses_->size()) {
    const SocketAddress& address = (*addresses_)[next_address_++];
    if (!open_socket(address)) continue;
    // The time that is left is shared by the addresses that are left, but each gets a second.
    const auto num_left = static_cast<std::int64_t>(addresses_->size() - next_address_ + 1);
    const std::int64_t left_ms = connect_deadline_ms_ - worker_.now_ms();
    set_deadline(worker_.now_ms() +
                 std::max<std::int64_t>(std::min<std::int64_t>(left_ms, 1000), left_ms / num_left));
    socket_.async_wait(socket_base::wait_write, [this, self = shared_from_this(),
                                                 attempt = next_address_](const error_code& error) {
      // A timed-out attempt was closed and maybe replaced; its handler must not speak for the next
      // one.
      if (error || phase_ != Phase::kConnecting || attempt != next_address_) return;
      int result = 0;
      socklen_t length = sizeof(result);
      ::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_ERROR, &result, &length);
      if (result == 0) return on_connected();
      problem_ = std::strerror(result);
      try_next_address();
    });
    return;
  }
  fail(502, "cannot connect: " + (problem_.empty() ? std::string("no address") : problem_));
}

bool UpstreamConnection::open_socket(const SocketAddress& address) {
  error_code error;
  socket_.close(error);
  const int family = address.storage.ss_family;
  const int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    problem_ = std::strerror(errno);
    return false;
  }
  set_stream_options(fd);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0 &&
      errno != EINPROGRESS) {
    problem_ = std::strerror(errno);
    ::close(fd);
    return false;
  }
  socket_.assign(family == AF_INET6 ? boost::asio::ip::tcp::v6() : boost::asio::ip::tcp::v4(), fd,
                 error);
  return !error;
}

/// Whether the peer is this very edge: without a proxy in between, requests would go round for
/// ever.
bool UpstreamConnection::is_own_listener() const {
  error_code error;
  const auto remote = socket_.remote_endpoint(error);
  if (error) return false;
  const sockaddr_storage& own = worker_.core().listening.storage;
  boost::asio::ip::tcp::endpoint listening;
  std::memcpy(listening.data(), &own, std::min<std::size_t>(sizeof(own), listening.capacity()));
  if (remote.port() != listening.port()) return false;
  if (!listening.address().is_unspecified()) return remote.address() == listening.address();
  return remote.address() == socket_.local_endpoint(error).address();
}

void UpstreamConnection::on_connected() {
  const SocketAddress& address = (*addresses_)[next_address_ - 1];
  worker_.core().resolver->prefer(plan_.connect_host, plan_.connect_port, address);
  if (is_own_listener()) return fail(508, "the upstream is this proxy itself");
  if (plan_.via == UpstreamPlan::Via::kConnect) return ask_proxy();
  if (plan_.tls) return start_tls();
  ready();
}

void UpstreamConnection::ask_proxy() {
  phase_ = Phase::kProxy;
  set_deadline(worker_.now_ms() + worker_.core().options.connect_timeout.count());
  std::string request =
      "CONNECT " + plan_.authority + " HTTP/1.1\r\nHost: " + plan_.authority + "\r\n";
  if (!plan_.proxy_authorization.empty()) {
    request += "Proxy-Authorization: " + plan_.proxy_authorization + "\r\n";
  }
  request += "\r\n";
  if (!send(request, {})) return fail(502, "proxy closed the connection");
  read_more();
}

void UpstreamConnection::on_proxy_bytes() {
  HeadParser parser(HeadParser::Kind::kResponse, HeadLimits{});
  switch (parser.parse(input_.view())) {
    case HeadParser::State::kIncomplete:
      return read_more();
    case HeadParser::State::kMalformed:
    case HeadParser::State::kTooLarge:
      return fail(502, "proxy does not speak HTTP");
    case HeadParser::State::kComplete:
      break;
  }
  const ParsedHead& head = parser.head();
  if (head.status / 100 != 2)
    return fail(502, "proxy refused: status " + std::to_string(head.status));
  input_.consume(head.num_bytes);
  if (!input_.empty()) return fail(502, "proxy sent bytes before the TLS handshake");
  start_tls();
}

void UpstreamConnection::start_tls() {
  phase_ = Phase::kHandshake;
  set_deadline(worker_.now_ms() + worker_.core().options.tls_timeout.count());
  ssl_ = worker_.core().tls->open(socket_.native_handle(), plan_.host,
                                  worker_.pool().session_slot(upstream_));
  if (!ssl_) return fail(502, "cannot start TLS");
  handshake();
}

void UpstreamConnection::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return ready();
  const int error = SSL_get_error(ssl_.get(), result);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
    return fail(502, "TLS: " + tls_problem(ssl_.get()));
  }
  socket_.async_wait(
      error == SSL_ERROR_WANT_READ ? socket_base::wait_read : socket_base::wait_write,
      [this, self = shared_from_this()](const error_code& wait_error) {
        if (wait_error || phase_ != Phase::kHandshake) return;
        handshake();
      });
}

void UpstreamConnection::ready() {
  phase_ = Phase::kOpen;
  set_deadline(kNever);
  if (owner_ != nullptr) owner_->on_upstream_ready();
}

void UpstreamConnection::fail(unsigned status, std::string why) {
  Owner* owner = owner_;
  close();
  if (owner != nullptr) owner->on_upstream_unreachable(status, std::move(why));
}

void UpstreamConnection::on_deadline() {
  switch (phase_) {
    case Phase::kResolving:
      return fail(502, "cannot resolve in time");
    case Phase::kConnecting:
      problem_ = "timed out";
      return try_next_address();
    case Phase::kProxy:
      return fail(502, "proxy did not answer in time");
    case Phase::kHandshake:
      return fail(502, "TLS handshake did not end in time");
    default:
      return;
  }
}

}  // namespace pith
