#include "apps/proxy/local_api.h"

#include <chrono>
#include <exception>

#include "apps/json_api/compress_json.h"
#include "apps/providers/provider.h"
#include "apps/proxy/admin_guard.h"
#include "apps/proxy/feedback_json.h"
#include "apps/proxy/request_editor.h"
#include "apps/proxy/request_id.h"

namespace pith {
namespace {

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

unsigned status_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kMalformedMessage:
    case ErrorCode::kNotEditable:
    case ErrorCode::kUnknownPolicy:
      return 400;
    case ErrorCode::kPromptTooLong:
      return 413;
    case ErrorCode::kDeadlineExceeded:
      return 504;
    default:
      return 503;
  }
}

}  // namespace

LocalResponse json_response(unsigned status, std::string body) {
  LocalResponse response;
  response.status = status;
  response.body = std::move(body);
  if (!response.body.empty() && response.body.back() != '\n') response.body += '\n';
  return response;
}

LocalResponse json_error(unsigned status, std::string_view message) {
  return json_response(status, error_body(ErrorFamily::kOpenAi, status, message));
}

LocalApi::LocalApi(Parts parts) : parts_(std::move(parts)), queue_(1) {}

bool LocalApi::is_local(std::string_view method, std::string_view path) {
  if (path == "/healthz" || path == "/readyz" || path == "/metrics") return true;
  if (path == "/pith" || path.substr(0, 6) == "/pith/") return true;
  return method == "POST" && path == "/v1/compress";
}

void LocalApi::handle(std::shared_ptr<EdgeRequest> request, Answer answer) {
  // Whoever asks whether this process lives must not wait behind somebody's compression.
  const std::string_view path = path_of(request->head.target);
  if (path == "/healthz") return answer(json_response(200, R"({"status":"ok"})"));
  if (path == "/readyz") return answer(ready());
  queue_.post([this, request = std::move(request), answer = std::move(answer)] {
    try {
      serve(*request, answer);
    } catch (const std::exception&) {  // no memory, most likely
      answer(json_error(500, "internal error"));
    }
  });
}

void LocalApi::serve(const EdgeRequest& request, const Answer& answer) {
  const RequestHead& head = request.head;
  const std::string_view path = path_of(head.target);
  const auto config = parts_.config();
  std::string reason;
  const bool rates = head.method == "POST" && path == "/pith/v1/feedback";
  if (const unsigned status = refuse_admin(head, path, *config, reason); status != 0) {
    // Whoever holds a decision's own token may rate that one without the admin's.
    if (status == 401 && rates) return feedback(request, true, answer);
    return answer(json_error(status, reason));
  }
  const bool post = head.method == "POST";
  const bool get = head.method == "GET" || head.method == "HEAD";
  if (post && path == "/pith/v1/compress") return compress(request, answer);
  if (post && path == "/v1/compress") return compress_messages(request, answer);
  if (rates) return feedback(request, false, answer);
  if (get && path == "/pith/v1/stats")
    return answer(json_response(200, parts_.metrics->stats_json(parts_.log->totals())));
  if (get && path == "/metrics") {
    LocalResponse response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = parts_.metrics->metrics_text();
    return answer(std::move(response));
  }
  if (get && path == "/pith") {
    LocalResponse response;
    response.status = 301;
    response.headers.emplace_back("location", "/pith/");
    return answer(std::move(response));
  }
  if (get && path == "/pith/") {
    LocalResponse response;
    response.content_type = "text/html; charset=utf-8";
    response.body = stats_page();
    response.headers.emplace_back(
        "content-security-policy",
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        "connect-src 'self'");
    return answer(std::move(response));
  }
  static constexpr std::string_view kKnown[] = {
      "/pith/v1/compress", "/pith/v1/feedback", "/pith/v1/stats", "/metrics", "/pith/", "/pith"};
  for (const std::string_view known : kKnown) {
    if (path == known) return answer(json_error(405, "this path does not take that method"));
  }
  answer(json_error(
      404,
      "no such endpoint; Pith's own are /pith/v1/compress, /pith/v1/feedback, /pith/v1/stats, "
      "/metrics, /healthz, /readyz and /pith/"));
}

LocalResponse LocalApi::ready() const {
  if (parts_.draining && parts_.draining()) return json_response(503, R"({"status":"draining"})");
  for (const CompressorHealth& health : parts_.broker->health()) {
    if (health.alive) return json_response(200, R"({"status":"ready"})");
  }
  return json_response(503,
                       R"({"status":"no compressor answers; requests are forwarded unchanged"})");
}

void LocalApi::compress(const EdgeRequest& request, const Answer& answer) {
  auto asked = parse_compress_json(request.body);
  if (!asked) return answer(json_response(400, error_json(asked.error())));
  asked->request.id = new_request_id();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  auto copy = std::make_shared<CompressCall>(*asked);
  parts_.broker->compress(
      std::move(asked->request), deadline, request.cancelled,
      [copy, answer](Result<CompressReply> reply) {
        if (!reply)
          return answer(json_response(status_of(reply.error()), error_json(reply.error())));
        answer(json_response(200, compress_answer_json(*copy, *reply)));
      });
}

void LocalApi::feedback(const EdgeRequest& request, bool only_by_token, const Answer& answer) {
  auto feedback = parse_feedback_json(request.body);
  if (!feedback) return answer(json_error(400, feedback.error().detail));
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto now_s = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  Reward& reward = feedback->reward;
  reward.t_us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();

  const auto answered = [answer, metrics = parts_.metrics](unsigned status, std::string_view result,
                                                           std::string_view event_id) {
    metrics->feedback(result).Increment();
    std::string body = R"({"event_id":")" + std::string(event_id) + R"(","result":")" +
                       std::string(result) + "\"}";
    answer(json_response(status, std::move(body)));
  };
  std::optional<Decision> decision;
  if (!reward.decision_id.empty()) decision = parts_.log->find_decision(reward.decision_id);
  if (only_by_token || !feedback->token.empty()) {
    const bool valid =
        decision && feedback_token_valid(parts_.key, feedback->token, reward.decision_id,
                                         decision->tenant, now_s);
    if (!valid) return answered(only_by_token ? 401 : 403, "rejected:token", reward.event_id);
  }
  if (feedback->dry_run) return answered(200, "dry_run", reward.event_id);
  const bool parked = !reward.decision_id.empty() && !decision;
  const std::string event_id = reward.event_id;
  parts_.log->append(std::move(reward), [answered, parked, event_id](Result<bool> fresh) {
    if (!fresh) return answered(503, "rejected:storage", event_id);
    answered(200, !*fresh ? "duplicate" : parked ? "parked" : "accepted", event_id);
  });
}

}  // namespace pith
