// A request on its way to the upstream.
#include <algorithm>

#include "apps/http/client_connection.h"
#include "apps/http/head_writer.h"
#include "apps/http/upstream_pool.h"
#include "apps/http/worker.h"

namespace pith {
namespace {

/// A kept connection that ends this soon after the request was sent had been closed before it
/// arrived. Later, the upstream may have worked on the request, and sending it again would be a
/// second one.
constexpr std::int64_t kStaleWindowMs = 2000;

}  // namespace

void ClientConnection::begin_exchange() {
  phase_ = Phase::kUpstream;
  const bool relayed = x_.route.action == Route::Action::kRelay;
  x_.upstream_head.clear();
  std::optional<std::uint64_t> body_length;
  if (!relayed) body_length = x_.whole_body.size();
  append_upstream_head(
      x_.upstream_head,
      {.head = head(),
       .plan = core_.plans[x_.route.upstream],
       .target = x_.route.upstream_target.empty() ? head().target : x_.route.upstream_target,
       .body_length = body_length,
       .dropped = x_.edited.dropped_headers,
       .upgrade = x_.upgrade,
       .via_token = core_.via_token});
  use_upstream(false);
}

void ClientConnection::use_upstream(bool fresh) {
  upstream_ = fresh ? nullptr : worker_.pool().take(x_.route.upstream);
  if (upstream_) {
    upstream_->attach(*this);
    return send_request();
  }
  upstream_ = std::make_shared<UpstreamConnection>(worker_, x_.route.upstream);
  upstream_->connect(*this);
}

void ClientConnection::on_upstream_ready() {
  const auto self = shared_from_this();
  send_request();
}

void ClientConnection::on_upstream_unreachable(unsigned status, std::string why) {
  const auto self = shared_from_this();
  upstream_.reset();
  count(core_.counters.upstream_failed);
  answer_error(status, "upstream " + core_.plans[x_.route.upstream].name + ": " + why);
}

/// Head and the body bytes at hand in one write.
void ClientConnection::send_request() {
  x_.upstream_ready = true;
  x_.sent_at_ms = worker_.now_ms();
  // A failed write is not an end: an early answer may be waiting. The read that follows tells.
  if (x_.route.action != Route::Action::kRelay) {
    upstream_->send(x_.upstream_head, x_.whole_body);
  } else {
    std::size_t taken = 0;
    if (x_.replay.empty() && !x_.body_done) taken = take_body(input_.view());
    if (phase_ != Phase::kUpstream) return;
    const std::string_view body =
        taken > 0 ? input_.view().substr(0, taken) : std::string_view(x_.replay);
    upstream_->send(x_.upstream_head, body);
    if (taken > 0 && upstream_->reused()) x_.replay = body;
    input_.consume(taken);
    if (!upstream_->reused()) x_.replay = std::string();
  }
  if (x_.body_done) set_timeout(options().response_timeout);
  upstream_->read_more();
  if (!x_.body_done) {
    pump_body();
    start_reading();
  }
}

/// How many of `bytes` belong to the body; refuses a bad one.
std::size_t ClientConnection::take_body(std::string_view bytes) {
  std::size_t taken = 0;
  if (x_.body.kind == BodyFraming::Kind::kLength) {
    taken = static_cast<std::size_t>(std::min<std::uint64_t>(x_.body_left, bytes.size()));
    x_.body_left -= taken;
    x_.body_done = x_.body_left == 0;
  } else {
    taken = x_.body_scanner.scan(bytes);
    x_.body_done = x_.body_scanner.done();
    if (x_.body_scanner.bad()) {
      count(core_.counters.bad_requests);
      drop_upstream();
      if (x_.head_sent) {
        cancel_request(false);
      } else {
        answer_error(400, "bad chunked body");
      }
      return 0;
    }
  }
  x_.outcome.request_bytes += taken;
  return taken;
}

void ClientConnection::pump_body() {
  while (x_.upstream_ready && upstream_ && !x_.body_done && !input_.empty() &&
         upstream_->unsent() < options().client_buffer_bytes) {
    const std::string_view bytes = input_.view();
    const std::size_t taken = take_body(bytes);
    if (phase_ != Phase::kUpstream) return;
    const std::string_view body = bytes.substr(0, taken);
    upstream_->send(body, {});
    if (x_.replayable && upstream_->reused() && !x_.response_started) {
      x_.replayable = x_.replay.size() + taken <= options().client_buffer_bytes;
      if (x_.replayable) {
        x_.replay.append(body);
      } else {
        x_.replay = std::string();
      }
    }
    input_.consume(taken);
    if (x_.body_done && !x_.head_sent) {
      x_.sent_at_ms = worker_.now_ms();
      set_timeout(options().response_timeout);
    }
  }
}

void ClientConnection::on_upstream_drained() {
  const auto self = shared_from_this();
  x_.upload_stalled_ms = 0;
  if (phase_ == Phase::kTunnel) {
    pump_tunnel();
  } else {
    pump_body();
  }
  if (phase_ == Phase::kUpstream || phase_ == Phase::kTunnel) start_reading();
}

/// After a kept connection turned out closed: the same request once more, on a fresh one.
bool ClientConnection::try_again() {
  if (!upstream_ || !upstream_->reused() || x_.retried || x_.response_started || !x_.replayable)
    return false;
  if (worker_.now_ms() - x_.sent_at_ms > kStaleWindowMs) return false;
  x_.retried = true;
  drop_upstream();
  use_upstream(true);
  return true;
}

void ClientConnection::drop_upstream() {
  x_.upstream_ready = false;
  if (!upstream_) return;
  upstream_->close();
  upstream_.reset();
}

}  // namespace pith
