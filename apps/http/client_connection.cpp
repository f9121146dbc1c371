#include "apps/http/client_connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <boost/asio/buffer.hpp>

#include "apps/http/worker.h"

namespace pith {
namespace {

constexpr std::size_t kReadFirst = 8U << 10;
constexpr std::size_t kReadMin = 2U << 10;
constexpr std::size_t kReadMax = 64U << 10;
constexpr std::chrono::milliseconds kLingerTime{2000};
constexpr std::chrono::milliseconds kBodyTick{250};
/// Connections beyond the limit that still get a 503; beyond these they are just closed.
constexpr std::size_t kRefusedMax = 256;

std::string address_text(const sockaddr_storage& peer) {
  char text[INET6_ADDRSTRLEN] = "";
  if (peer.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(peer).sin_addr, text, sizeof(text));
  } else if (peer.ss_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr, text, sizeof(text));
  }
  const std::string_view mapped = "::ffff:";
  return std::string_view(text).substr(0, mapped.size()) == mapped
             ? std::string(text + mapped.size())
             : text;
}

}  // namespace

void ClientConnection::adopt(Worker& worker, int fd, const sockaddr_storage& peer) {
  EdgeCore& core = worker.core();
  const auto num_open =
      static_cast<std::size_t>(core.counters.open_connections.load(std::memory_order_relaxed));
  if (num_open >= core.options.connections_max + kRefusedMax) {
    count(core.counters.refused);
    ::close(fd);
    return;
  }
  set_stream_options(fd);
  const auto client = std::make_shared<ClientConnection>(worker, fd, peer);
  client->set_timeout(core.options.header_timeout);
  worker.add(client);
  worker.watch(*client);
  if (num_open >= core.options.connections_max) {
    count(core.counters.refused);
    client->answer_error(503, "too many connections");
    return;
  }
  client->start_reading();
}

ClientConnection::ClientConnection(Worker& worker, int fd, const sockaddr_storage& peer)
    : worker_(worker),
      core_(worker.core()),
      socket_(worker.context()),
      peer_(address_text(peer)),
      head_parser_(HeadParser::Kind::kRequest,
                   {core_.options.header_bytes_max, core_.options.header_fields_max}),
      response_parser_(HeadParser::Kind::kResponse,
                       {std::max<std::size_t>(core_.options.header_bytes_max, 128U << 10), 1000}) {
  boost::system::error_code error;
  socket_.assign(
      peer.ss_family == AF_INET6 ? boost::asio::ip::tcp::v6() : boost::asio::ip::tcp::v4(), fd,
      error);
  count(core_.counters.connections);
  core_.counters.open_connections.fetch_add(1, std::memory_order_relaxed);
}

ClientConnection::~ClientConnection() = default;

void ClientConnection::set_timeout(std::chrono::milliseconds timeout) {
  set_deadline(worker_.now_ms() + timeout.count());
}

bool ClientConnection::wants_input() const {
  if (phase_ == Phase::kClosed || ended_) return false;
  if (phase_ == Phase::kLinger) return true;
  // Backpressure: what the upstream has not taken holds the client.
  if (phase_ == Phase::kUpstream || phase_ == Phase::kTunnel) {
    if (upstream_ && upstream_->unsent() >= options().client_buffer_bytes) return false;
  }
  return input_.size() < options().header_bytes_max;
}

void ClientConnection::start_reading() {
  if (reading_ || !wants_input()) return;
  reading_ = true;
  const bool large_body =
      !x_.body_done && (x_.body.kind == BodyFraming::Kind::kChunked || x_.body_left > kReadFirst);
  const std::span<char> room = input_.prepare(large_body               ? kReadMax
                                              : input_.capacity() == 0 ? kReadFirst
                                                                       : kReadMin);
  socket_.async_read_some(
      boost::asio::buffer(room.data(), room.size()),
      [this, self = shared_from_this()](const boost::system::error_code& error,
                                        std::size_t num_bytes) { on_read(error, num_bytes); });
}

void ClientConnection::on_read(const boost::system::error_code& error, std::size_t num_bytes) {
  reading_ = false;
  if (phase_ == Phase::kClosed) return;
  if (error) {
    ended_ = true;
    return on_client_end();
  }
  input_.commit(num_bytes);
  switch (phase_) {
    case Phase::kHead:
      parse_requests();
      break;
    case Phase::kBody:
      read_whole_body();
      break;
    case Phase::kUpstream:
      pump_body();
      break;
    case Phase::kTunnel:
      pump_tunnel();
      break;
    case Phase::kLinger:
      input_.consume(input_.size());
      break;
    default:
      break;
  }
  start_reading();
}

void ClientConnection::on_client_end() {
  switch (phase_) {
    case Phase::kFlush:  // The answer is complete; who closed one way may still take it.
    case Phase::kClosed:
      return;
    case Phase::kHead:
    case Phase::kLinger:
      return close();
    case Phase::kTunnel:
      return end_exchange();
    case Phase::kBody:
    case Phase::kHandler:
    case Phase::kUpstream:
      return cancel_request(true);
  }
}

bool ClientConnection::send(std::string_view first, std::string_view second) {
  std::size_t sent = 0;
  if (outbox_.empty()) {
    const long taken = send_now(socket_.native_handle(), first, second);
    if (taken < 0) return false;
    sent = static_cast<std::size_t>(taken);
  }
  if (sent == first.size() + second.size()) return true;
  const std::size_t of_first = std::min(sent, first.size());
  outbox_.append(first.substr(of_first));
  outbox_.append(second.substr(sent - of_first));
  flush_when_writable();
  return true;
}

void ClientConnection::flush_when_writable() {
  if (flushing_) return;
  flushing_ = true;
  socket_.async_wait(boost::asio::socket_base::wait_write,
                     [this, self = shared_from_this()](const boost::system::error_code& error) {
                       flushing_ = false;
                       if (phase_ == Phase::kClosed) return;
                       const long sent =
                           error ? -1 : send_now(socket_.native_handle(), outbox_.view(), {});
                       if (sent < 0) return cancel_request(true);
                       outbox_.consume(static_cast<std::size_t>(sent));
                       if (!outbox_.empty()) flush_when_writable();
                       on_flushed();
                     });
}

void ClientConnection::on_flushed() {
  if (phase_ == Phase::kFlush) {
    if (outbox_.empty()) return end_exchange();
    return set_timeout(options().idle_timeout);
  }
  if ((phase_ == Phase::kUpstream || phase_ == Phase::kTunnel) && upstream_ && x_.upstream_ready) {
    if (x_.head_sent) set_timeout(options().idle_timeout);
    if (outbox_.size() <= options().client_buffer_bytes / 2) upstream_->read_more();
  }
}

void ClientConnection::on_deadline() {
  switch (phase_) {
    case Phase::kHead:
      if (input_.empty()) return close();
      count(core_.counters.bad_requests);
      return answer_error(408, "request head too slow");
    case Phase::kBody:
      return on_body_tick();
    case Phase::kUpstream:
      if (!x_.body_done && !x_.head_sent) return on_body_tick();
      if (!x_.head_sent && x_.upstream_ready) {
        count(core_.counters.upstream_failed);
        drop_upstream();
        return answer_error(504, "upstream sent no response in time");
      }
      if (!outbox_.empty()) return cancel_request(true);  // It is the client who takes nothing.
      if (x_.upstream_ready) broken_upstream("idle for too long");
      return;
    case Phase::kTunnel:
      return end_exchange();
    case Phase::kFlush:
      return cancel_request(true);
    case Phase::kLinger:
      return close();
    case Phase::kHandler:
    case Phase::kClosed:
      return;
  }
}

/// Time counts against the client only while we wait for its bytes, not while the upstream takes
/// none.
void ClientConnection::on_body_tick() {
  set_timeout(kBodyTick);
  if (phase_ == Phase::kUpstream && !x_.upstream_ready)
    return;  // Connecting has limits of its own.
  if (!reading_) {
    x_.upload_stalled_ms += static_cast<std::uint64_t>(kBodyTick.count());
    if (x_.upload_stalled_ms < static_cast<std::uint64_t>(options().idle_timeout.count())) return;
    count(core_.counters.upstream_failed);
    drop_upstream();
    return answer_error(504, "upstream stopped reading the request");
  }
  x_.body_wait_ms += static_cast<std::uint64_t>(kBodyTick.count());
  const auto grace_ms = static_cast<std::uint64_t>(options().header_timeout.count());
  if (x_.body_wait_ms < grace_ms) return;
  if (x_.outcome.request_bytes * 1000 >= options().body_bytes_per_s_min * x_.body_wait_ms) return;
  count(core_.counters.bad_requests);
  drop_upstream();
  answer_error(408, "request body too slow");
}

void ClientConnection::cancel_request(bool client_gone) {
  const bool with_handler = phase_ == Phase::kHandler;
  if (client_gone && x_.in_flight) {
    x_.outcome.client_gone = true;
    count(core_.counters.client_gone);
  }
  drop_upstream();
  phase_ = Phase::kFlush;
  if (x_.request) {
    x_.request->cancelled->store(true, std::memory_order_release);
    if (with_handler) core_.handler.client_gone(x_.request);
  }
  report();
  close();
}

void ClientConnection::abort() {
  if (x_.head_sent) set_reset_on_close(socket_.native_handle());
  cancel_request(false);
}

void ClientConnection::close_if_idle() {
  if (phase_ == Phase::kHead && input_.empty()) close();
}

void ClientConnection::linger() {
  phase_ = Phase::kLinger;
  input_.consume(input_.size());
  set_timeout(kLingerTime);
  ::shutdown(socket_.native_handle(), SHUT_WR);
  if (ended_) return close();
  start_reading();
}

void ClientConnection::close() {
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  drop_upstream();
  report();
  unlink();
  worker_.remove(shared_from_this());
  core_.counters.open_connections.fetch_sub(1, std::memory_order_relaxed);
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace pith
