// The body of POST /pith/v1/feedback.
#pragma once

#include <string>
#include <string_view>

#include "messages/result.h"
#include "messages/reward.h"

namespace pith {

struct FeedbackRequest {
  Reward reward;  ///< event_id is filled; t_us is not.
  std::string token;
  bool dry_run = false;
};

/// {"decision_id" | "conversation": ..., "metric": ..., "value": number or bool, "source"?,
/// "client_event_id"?,
///  "final"?, "token"?, "dry_run"?}: exactly one of the two ids. "episode_id" is the wire name of
///  "conversation".
/// Errors: kInvalidArgument naming the field.
Result<FeedbackRequest> parse_feedback_json(std::string_view body);

}  // namespace pith
