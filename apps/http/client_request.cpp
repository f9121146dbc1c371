// From the first byte of a request to the handler.
#include <algorithm>

#include "apps/http/client_connection.h"
#include "apps/http/head_writer.h"
#include "apps/http/worker.h"

namespace pith {
namespace {

constexpr std::size_t kBodyPadding = 64;  // What simdjson reads beyond the end.
constexpr std::size_t kBodyFirstMax = 256U << 10;

/// Protocols that change what the bytes after the head mean to servers in between.
bool may_upgrade_to(std::string_view protocols) {
  bool fine = !protocols.empty();
  for_each_element(protocols, [&](std::string_view protocol) {
    const std::string_view name = protocol.substr(0, protocol.find('/'));
    if (iequals(name, "h2c") || iequals(name, "h2") || iequals(name, "http") ||
        iequals(name, "tls"))
      fine = false;
  });
  return fine;
}

}  // namespace

void ClientConnection::parse_requests() {
  if (parsing_) return;
  parsing_ = true;
  while (phase_ == Phase::kHead && !input_.empty() && parse_request()) {
  }
  parsing_ = false;
}

/// False: more bytes are needed.
bool ClientConnection::parse_request() {
  // RFC 9112 2.2: empty lines before a request are skipped.
  while (input_.view().starts_with("\r\n")) input_.consume(2);
  if (input_.empty() || input_.view() == "\r") return false;
  const HeadParser::State state = head_parser_.parse(input_.view());
  switch (state) {
    case HeadParser::State::kIncomplete:
      if (x_.began == std::chrono::steady_clock::time_point{}) {
        x_.began = std::chrono::steady_clock::now();
        set_timeout(options().header_timeout);
      }
      return false;
    case HeadParser::State::kTooLarge:
      count(core_.counters.bad_requests);
      answer_error(431, "request head too large");
      return true;
    case HeadParser::State::kMalformed:
      count(core_.counters.bad_requests);
      answer_error(400, head_parser_.problem());
      return true;
    case HeadParser::State::kComplete:
      accept_request(head_parser_.head());
      return true;
  }
  return false;
}

/// Brings the target into origin form. False: refused, with the answer sent.
bool ClientConnection::check_target(std::string_view& target, std::string& host) {
  if (target.front() == '/') return true;
  const auto refuse = [this](unsigned status, std::string_view message) {
    count(core_.counters.bad_requests);
    answer_error(status, message);
    return false;
  };
  if (target == "*") return refuse(405, "OPTIONS * is not served");
  std::size_t authority = 0;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (iequals(target.substr(0, scheme.size()), scheme)) authority = scheme.size();
  }
  if (authority == 0) return refuse(400, "target is not a path");
  const std::size_t path = target.find_first_of("/?", authority);
  host = target.substr(authority, path - authority);
  if (host.empty() || host.find_first_of("@\\#") != std::string::npos)
    return refuse(400, "bad authority in the target");
  if (path == std::string_view::npos) {
    target = "/";
  } else if (target[path] == '?') {
    return refuse(400, "target without a path");
  } else {
    target.remove_prefix(path);
  }
  return true;
}

bool ClientConnection::is_loop() const {
  for (const auto& [name, value] : x_.head.headers) {
    if (header_kind(name) == HeaderKind::kVia && value.find(core_.via_token) != std::string::npos)
      return true;
  }
  return false;
}

void ClientConnection::accept_request(const ParsedHead& parsed) {
  const auto refuse = [this](unsigned status, std::string_view message) {
    count(core_.counters.bad_requests);
    answer_error(status, message);
  };
  x_.began = std::chrono::steady_clock::now();
  x_.http10 = parsed.version == 10;
  x_.to_head = parsed.method == "HEAD";
  x_.keep_alive = keeps_alive(parsed);
  const FramingOrProblem framing = request_framing(parsed);
  if (framing.problem != nullptr) return refuse(400, framing.problem);
  if (parsed.method == "CONNECT" || parsed.method == "TRACE")
    return refuse(405, "method is not served");
  std::string_view target = parsed.target;
  std::string host;
  if (!check_target(target, host)) return;

  x_.head.method = parsed.method;
  x_.head.target = target;
  x_.head.version = parsed.version;
  x_.head.peer = peer_;
  x_.head.headers.reserve(parsed.headers.size());
  bool expects = false;
  bool asks_upgrade = false;
  std::string_view protocols;
  const char* problem = nullptr;
  for (const HeaderView& field : parsed.headers) {
    x_.head.headers.emplace_back(
        field.name, field.kind == HeaderKind::kHost && !host.empty() ? host : field.value);
    if (field.kind == HeaderKind::kExpect && !x_.http10) {
      expects = iequals(field.value, "100-continue");
      if (!expects) problem = "unknown expectation";
    }
    if (field.kind == HeaderKind::kConnection && list_has(field.value, "upgrade"))
      asks_upgrade = true;
    if (field.kind == HeaderKind::kUpgrade) protocols = field.value;
  }
  x_.head_known = true;
  x_.body = framing.framing;
  x_.body_left = x_.body.length;
  x_.body_done = x_.body.empty();
  x_.upgrade = asks_upgrade && !x_.http10 && x_.body.empty() && may_upgrade_to(protocols);
  input_.consume(parsed.num_bytes);
  head_parser_.reset();
  count(core_.counters.requests);
  x_.in_flight = true;
  const auto num_in_flight =
      static_cast<std::size_t>(core_.counters.in_flight.fetch_add(1, std::memory_order_relaxed));
  if (problem != nullptr) return refuse(417, problem);
  if (num_in_flight >= options().requests_max) {
    count(core_.counters.refused);
    return answer_error(503, "too many requests in flight");
  }
  if (is_loop()) return answer_error(508, "request came back to this proxy");

  x_.route = core_.handler.route(x_.head);
  const bool local = x_.route.action == Route::Action::kLocal;
  if (!local && x_.route.upstream >= core_.plans.size())
    return answer_error(502, "no upstream is configured");
  const bool whole = x_.route.action != Route::Action::kRelay;
  if (whole && x_.body.kind == BodyFraming::Kind::kLength &&
      x_.body.length > x_.route.body_bytes_max) {
    return answer_error(413, "request body too large");
  }
  if (expects && !x_.body_done && input_.empty() && !send("HTTP/1.1 100 Continue\r\n\r\n", {})) {
    return cancel_request(true);
  }
  set_timeout(x_.body_done ? std::chrono::hours(24 * 365) : std::chrono::milliseconds(250));
  if (!whole) return begin_exchange();
  x_.upgrade = false;
  x_.request = std::make_shared<EdgeRequest>();
  x_.request->head = std::move(x_.head);
  x_.request->route = x_.route;
  x_.request->received_at = x_.began;
  phase_ = Phase::kBody;
  read_whole_body();
}

/// Room for `num_more` body bytes, charged against the memory for bodies. False: refused.
bool ClientConnection::grow_body(std::size_t num_more) {
  std::string& body = x_.request->body;
  const std::size_t needed = body.size() + num_more;
  if (needed > x_.route.body_bytes_max) {
    answer_error(413, "request body too large");
    return false;
  }
  if (needed <= x_.body_charge) return true;
  std::size_t wanted = std::max(needed, 2 * x_.body_charge);
  if (x_.body.kind == BodyFraming::Kind::kLength) {
    // All at once when it is small; else as it arrives: a promise alone reserves nothing.
    const auto length = static_cast<std::size_t>(x_.body.length);
    wanted = std::max(needed, std::min(length, std::max(wanted, kBodyFirstMax)));
  }
  if (!core_.body_memory.try_take(wanted - x_.body_charge)) {
    count(core_.counters.refused);
    answer_error(503, "no memory for request bodies");
    return false;
  }
  x_.body_charge = wanted;
  body.reserve(wanted + kBodyPadding);
  return true;
}

void ClientConnection::read_whole_body() {
  std::string& body = x_.request->body;
  while (!x_.body_done && !input_.empty()) {
    const std::string_view bytes = input_.view();
    std::size_t taken = 0;
    if (x_.body.kind == BodyFraming::Kind::kLength) {
      taken = static_cast<std::size_t>(std::min<std::uint64_t>(x_.body_left, bytes.size()));
      if (!grow_body(taken)) return;
      body.append(bytes.substr(0, taken));
      x_.body_left -= taken;
      x_.body_done = x_.body_left == 0;
    } else {
      if (!grow_body(bytes.size())) return;  // At most what arrived: framing only shrinks it.
      taken = x_.body_scanner.decode(bytes, body);
      x_.body_done = x_.body_scanner.done();
      if (x_.body_scanner.bad()) {
        count(core_.counters.bad_requests);
        return answer_error(400, "bad chunked body");
      }
    }
    input_.consume(taken);
    x_.outcome.request_bytes += taken;
  }
  if (x_.body_done) hand_over();
}

void ClientConnection::hand_over() {
  phase_ = Phase::kHandler;
  set_deadline(kNever);
  x_.request->body.reserve(x_.request->body.size() + kBodyPadding);
  // The answer may come at once or late, from any thread, and after this connection or its thread
  // are gone.
  const auto reply_with = [this](auto method) {
    return [mailbox = worker_.mailbox(), weak = weak_from_this(), generation = generation_,
            method](auto reply) {
      mailbox->post([weak, generation, method, reply = std::move(reply)]() mutable {
        const auto self = weak.lock();
        if (self && self->generation_ == generation && self->phase_ == Phase::kHandler) {
          (self.get()->*method)(std::move(reply));
        }
      });
    };
  };
  // The handler may let go of the request before this call returns.
  const std::shared_ptr<EdgeRequest> request = x_.request;
  if (x_.route.action == Route::Action::kEdit) {
    core_.handler.edit(request, reply_with(&ClientConnection::on_edited));
  } else {
    core_.handler.local(request, reply_with(&ClientConnection::on_local));
  }
}

void ClientConnection::on_edited(EditedRequest edited) {
  x_.edited = std::move(edited);
  x_.whole_body = x_.edited.replace_body ? std::string_view(x_.edited.body)
                                         : std::string_view(x_.request->body);
  begin_exchange();
}

void ClientConnection::on_local(LocalResponse response) { answer(response); }

/// Sends an answer of our own and ends the exchange.
void ClientConnection::answer(const LocalResponse& response) {
  if (!x_.body_done || ended_ || core_.draining.load(std::memory_order_relaxed))
    x_.keep_alive = false;
  head_bytes_.clear();
  append_local_response(head_bytes_, response, !x_.to_head, !x_.keep_alive,
                        x_.keep_alive && x_.http10);
  x_.outcome.status = response.status;
  x_.outcome.to_first_byte = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - x_.began);
  x_.outcome.response_bytes += x_.to_head ? 0 : response.body.size();
  x_.head_sent = true;
  if (x_.head_known) count(core_.counters.responses);
  if (!send(head_bytes_, {})) return cancel_request(true);
  phase_ = Phase::kFlush;
  set_timeout(options().idle_timeout);
  if (outbox_.empty()) end_exchange();
}

void ClientConnection::answer_error(unsigned status, std::string_view message) {
  // Without a parsed head nothing is known of where the next request would begin.
  if (!x_.head_known) {
    x_.keep_alive = false;
    if (x_.began == std::chrono::steady_clock::time_point{})
      x_.began = std::chrono::steady_clock::now();
  }
  LocalResponse response = core_.handler.error(status, message, x_.head_known ? &head() : nullptr);
  if (status == 503 && find_header(response.headers, "retry-after").empty()) {
    response.headers.emplace_back("retry-after", "1");
  }
  if (status == 400 || status == 408) x_.keep_alive = false;
  answer(response);
}

}  // namespace pith
