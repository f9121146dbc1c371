// A response on its way to the client.
#include <algorithm>
#include <charconv>

#include "apps/http/client_connection.h"
#include "apps/http/head_writer.h"
#include "apps/http/upstream_pool.h"
#include "apps/http/worker.h"

namespace pith {
namespace {

constexpr unsigned kInterimMax = 16;

/// `Keep-Alive: timeout=5`: how long the upstream keeps an idle connection; a second less for us.
std::int64_t idle_limit_ms(const ParsedHead& head, std::int64_t limit_ms) {
  for (const HeaderView& field : head.headers) {
    if (field.kind != HeaderKind::kHopByHop || !iequals(field.name, "keep-alive")) continue;
    for_each_element(field.value, [&](std::string_view element) {
      if (element.substr(0, 8) != "timeout=") return;
      std::int64_t seconds = 0;
      std::from_chars(element.data() + 8, element.data() + element.size(), seconds);
      if (seconds > 0 && seconds < 86'400) limit_ms = std::min(limit_ms, seconds * 1000 - 1000);
    });
  }
  return limit_ms;
}

}  // namespace

void ClientConnection::on_upstream_bytes() {
  const auto self = shared_from_this();
  x_.response_started = true;
  if (phase_ == Phase::kTunnel) return pump_tunnel();
  if (!x_.head_sent) {
    if (!read_response_head()) return;
    if (phase_ == Phase::kTunnel) return pump_tunnel();
  }
  relay_body();
}

/// True when the final head was read; it goes out with the first body bytes.
bool ClientConnection::read_response_head() {
  while (true) {
    switch (response_parser_.parse(upstream_->input())) {
      case HeadParser::State::kIncomplete:
        upstream_->read_more();
        return false;
      case HeadParser::State::kMalformed:
      case HeadParser::State::kTooLarge:
        broken_upstream("response is not HTTP/1.1");
        return false;
      case HeadParser::State::kComplete:
        break;
    }
    const ParsedHead& head = response_parser_.head();
    if (head.status == 101) {
      if (!x_.upgrade) {
        broken_upstream("upgrade that nobody asked for");
        return false;
      }
      start_tunnel(head);
      return phase_ == Phase::kTunnel;
    }
    if (head.status >= 200) break;
    if (++x_.num_interim > kInterimMax) {
      broken_upstream("too many interim responses");
      return false;
    }
    // 100 answers an expectation that was answered here; the others are for the client.
    if (head.status != 100 && !x_.http10) {
      head_bytes_.clear();
      append_client_head(head_bytes_, {.head = head, .added = {}});
      if (!send(head_bytes_, {})) return cancel_request(true), false;
    }
    upstream_->consume(head.num_bytes);
    response_parser_.reset();
  }

  const ParsedHead& head = response_parser_.head();
  const FramingOrProblem framing = response_framing(head, x_.to_head);
  if (framing.problem != nullptr) {
    broken_upstream("response with contradictory framing");
    return false;
  }
  x_.response = framing.framing;
  x_.response_left = x_.response.length;
  x_.decode_chunks = x_.http10 && x_.response.kind == BodyFraming::Kind::kChunked;
  x_.upstream_keeps = keeps_alive(head);
  x_.upstream_idle_ms = idle_limit_ms(head, options().keep_alive_upstream.count());
  if (x_.response.kind == BodyFraming::Kind::kUntilClose || x_.decode_chunks || !x_.body_done ||
      ended_ || core_.draining.load(std::memory_order_relaxed)) {
    x_.keep_alive = false;
  }
  head_bytes_.clear();
  append_client_head(
      head_bytes_, {.head = head,
                    .added = x_.route.action == Route::Action::kRelay ? x_.route.response_headers
                                                                      : x_.edited.response_headers,
                    .drop_transfer_encoding = x_.decode_chunks || head.status == 204,
                    .drop_content_length = head.status == 204,
                    .close = !x_.keep_alive,
                    .keep_alive_10 = x_.keep_alive && x_.http10});
  x_.outcome.status = head.status;
  x_.outcome.to_first_byte = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - x_.began);
  count(core_.counters.responses);
  upstream_->consume(head.num_bytes);
  response_parser_.reset();
  x_.replay = std::string();
  return true;
}

/// Passes on the body bytes at hand, behind the head when that is still to be sent.
void ClientConnection::relay_body() {
  const std::string_view bytes = upstream_->input();
  std::string_view body;
  std::string decoded;
  std::size_t taken = 0;
  bool done = false;
  switch (x_.response.kind) {
    case BodyFraming::Kind::kNone:
      done = true;
      break;
    case BodyFraming::Kind::kLength:
      taken = static_cast<std::size_t>(std::min<std::uint64_t>(x_.response_left, bytes.size()));
      x_.response_left -= taken;
      done = x_.response_left == 0;
      body = bytes.substr(0, taken);
      break;
    case BodyFraming::Kind::kChunked:
      taken = x_.decode_chunks ? x_.response_scanner.decode(bytes, decoded)
                               : x_.response_scanner.scan(bytes);
      done = x_.response_scanner.done();
      body = x_.decode_chunks ? std::string_view(decoded) : bytes.substr(0, taken);
      break;
    case BodyFraming::Kind::kUntilClose:
      taken = bytes.size();
      body = bytes;
      break;
  }
  const std::string_view head_bytes =
      x_.head_sent ? std::string_view() : std::string_view(head_bytes_);
  x_.head_sent = true;
  x_.outcome.response_bytes += body.size();
  const bool sent = head_bytes.empty() && body.empty() ? true : send(head_bytes, body);
  upstream_->consume(taken);
  if (!sent) return cancel_request(true);
  if (x_.response_scanner.bad()) return broken_upstream("bad chunked body");
  if (done) return end_response();
  set_timeout(options().idle_timeout);
  if (outbox_.size() < options().client_buffer_bytes) upstream_->read_more();
}

void ClientConnection::on_upstream_end(bool clean) {
  const auto self = shared_from_this();
  if (phase_ == Phase::kTunnel) return end_tunnel();
  if (x_.head_sent && x_.response.kind == BodyFraming::Kind::kUntilClose && clean)
    return end_response();
  if (!x_.head_sent && try_again()) return;
  broken_upstream("connection closed early");
}

void ClientConnection::broken_upstream(const char* why) {
  count(core_.counters.upstream_failed);
  drop_upstream();
  if (!x_.head_sent) {
    return answer_error(502, "upstream " + core_.plans[x_.route.upstream].name + ": " + why);
  }
  // The client must see that the answer is cut: no final chunk, or a short length. Where only the
  // end of the connection ends a body, that end must be a reset.
  x_.outcome.upstream_broke = true;
  x_.keep_alive = false;
  reset_after_flush_ = x_.response.kind == BodyFraming::Kind::kUntilClose || x_.decode_chunks;
  phase_ = Phase::kFlush;
  set_timeout(options().idle_timeout);
  if (outbox_.empty()) end_exchange();
}

void ClientConnection::end_response() {
  const bool reusable = x_.upstream_keeps && x_.body_done &&
                        x_.response.kind != BodyFraming::Kind::kUntilClose &&
                        upstream_->input().empty() && upstream_->unsent() == 0 &&
                        x_.upstream_idle_ms > 0 && !core_.draining.load(std::memory_order_relaxed);
  if (reusable) {
    upstream_->detach(worker_.now_ms() + x_.upstream_idle_ms);
    worker_.pool().put(std::move(upstream_));
    upstream_.reset();
  } else {
    drop_upstream();
  }
  phase_ = Phase::kFlush;
  set_timeout(options().idle_timeout);
  if (outbox_.empty()) end_exchange();
}

void ClientConnection::report() {
  if (!x_.in_flight) return;
  x_.in_flight = false;
  core_.counters.in_flight.fetch_sub(1, std::memory_order_relaxed);
  core_.body_memory.give_back(x_.body_charge);
  x_.body_charge = 0;
  x_.outcome.total = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - x_.began);
  core_.handler.finished(head(), x_.request, x_.outcome);
}

/// The client has taken everything: on to its next request, or the end.
void ClientConnection::end_exchange() {
  drop_upstream();
  report();
  if (reset_after_flush_) {
    set_reset_on_close(socket_.native_handle());
    return close();
  }
  if (!x_.keep_alive || ended_) {
    // Bytes that were never read turn close() into a reset, which can overtake the answer.
    const bool unread = !x_.head_known || !x_.body_done || !input_.empty();
    return unread && !ended_ ? linger() : close();
  }
  ++generation_;
  x_ = Exchange{};
  phase_ = Phase::kHead;
  set_timeout(options().keep_alive_client);
  parse_requests();
  start_reading();
}

void ClientConnection::start_tunnel(const ParsedHead& head) {
  head_bytes_.clear();
  append_client_head(head_bytes_,
                     {.head = head, .added = x_.route.response_headers, .upgrade = true});
  x_.outcome.status = 101;
  x_.head_sent = true;
  x_.keep_alive = false;
  count(core_.counters.responses);
  upstream_->consume(head.num_bytes);
  response_parser_.reset();
  if (!send(head_bytes_, {})) return cancel_request(true);
  phase_ = Phase::kTunnel;
}

/// The upstream has said its last: the client takes what is left of it.
void ClientConnection::end_tunnel() {
  drop_upstream();
  phase_ = Phase::kFlush;
  set_timeout(options().idle_timeout);
  if (outbox_.empty()) end_exchange();
}

void ClientConnection::pump_tunnel() {
  const std::string_view down = upstream_->input();
  x_.outcome.response_bytes += down.size();
  const bool sent = down.empty() || send(down, {});
  upstream_->consume(down.size());
  if (!sent) return cancel_request(true);
  if (!input_.empty() && upstream_->unsent() < options().client_buffer_bytes) {
    x_.outcome.request_bytes += input_.size();
    upstream_->send(input_.view(), {});
    input_.consume(input_.size());
  }
  set_timeout(options().idle_timeout);
  if (outbox_.size() < options().client_buffer_bytes) upstream_->read_more();
}

}  // namespace pith
