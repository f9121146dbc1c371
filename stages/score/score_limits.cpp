#include "stages/score/keep_policy.h"

namespace pith {

std::optional<Error> stop_reason(const ScoreLimits& limits) {
  if (limits.cancelled != nullptr && limits.cancelled->load(std::memory_order_relaxed)) {
    return Error{ErrorCode::kCancelled, "cancelled while scoring"};
  }
  if (limits.deadline != std::chrono::steady_clock::time_point::max() &&
      std::chrono::steady_clock::now() >= limits.deadline) {
    return Error{ErrorCode::kDeadlineExceeded, "deadline passed while scoring"};
  }
  return std::nullopt;
}

StopCheck stop_check(const ScoreLimits& batch, const ScoreLimits& item) {
  return [&batch, &item] {
    auto reason = stop_reason(batch);
    return reason ? reason : stop_reason(item);
  };
}

}  // namespace pith
