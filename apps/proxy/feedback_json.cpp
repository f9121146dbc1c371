#include "apps/proxy/feedback_json.h"

#include <simdjson.h>

#include <cmath>

#include "messages/ids.h"

namespace pith {
namespace {

Error invalid(std::string what) { return Error{ErrorCode::kInvalidArgument, std::move(what)}; }

bool is_token(std::string_view text, std::size_t bytes_max) {
  if (text.empty() || text.size() > bytes_max) return false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x21 || static_cast<unsigned char>(c) > 0x7e) return false;
  }
  return true;
}

}  // namespace

Result<FeedbackRequest> parse_feedback_json(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(body.data(), body.size(), true).get(root) != simdjson::SUCCESS ||
      !root.is_object()) {
    return invalid("the body must be one JSON object");
  }
  FeedbackRequest feedback;
  Reward& reward = feedback.reward;
  std::string client_event_id;
  bool has_value = false;
  for (const auto field : simdjson::dom::object(root)) {
    const std::string_view key = field.key;
    std::string_view text;
    bool flag = false;
    double number = 0.0;
    if (key == "value") {
      if (field.value.get(flag) == simdjson::SUCCESS) {
        reward.value = flag ? 1.0 : 0.0;
      } else if (field.value.get(number) == simdjson::SUCCESS && std::isfinite(number)) {
        reward.value = number;
      } else {
        return invalid("value must be a number or a bool");
      }
      has_value = true;
    } else if (key == "final" || key == "dry_run") {
      if (field.value.get(flag) != simdjson::SUCCESS)
        return invalid(std::string(key) + " must be true or false");
      (key == "final" ? reward.final : feedback.dry_run) = flag;
    } else if (key == "tags") {
      continue;
    } else {
      if (field.value.get(text) != simdjson::SUCCESS)
        return invalid(std::string(key.substr(0, 40)) + " must be a string");
      if (!is_token(text, 256))
        return invalid(std::string(key.substr(0, 40)) +
                       " must be 1 to 256 visible ASCII characters");
      if (key == "decision_id") {
        reward.decision_id = text;
      } else if (key == "conversation" || key == "episode_id") {
        reward.conversation = text;
      } else if (key == "metric") {
        reward.metric = text;
      } else if (key == "source") {
        reward.source = text;
      } else if (key == "client_event_id") {
        client_event_id = text;
      } else if (key == "token") {
        feedback.token = text;
      } else {
        return invalid("unknown field " + std::string(key.substr(0, 40)));
      }
    }
  }
  if (reward.decision_id.empty() == reward.conversation.empty()) {
    return invalid("exactly one of decision_id and conversation is needed");
  }
  if (reward.metric.empty()) return invalid("metric is needed");
  if (!has_value) return invalid("value is needed");
  reward.event_id = event_id(reward.decision_id.empty() ? reward.conversation : reward.decision_id,
                             reward.metric, reward.source, client_event_id);
  return feedback;
}

}  // namespace pith
