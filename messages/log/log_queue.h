// What waits for the log's writer: bounded, in order of arrival, and the least precious is lost
// first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "messages/decision.h"
#include "messages/result.h"
#include "messages/reward.h"

namespace pith {

/// A decision or a reward.
struct LogEvent {
  std::uint64_t number = 0;                  ///< In order of arrival, from 1.
  std::shared_ptr<const Decision> decision;  ///< Null: it is a reward.
  Reward reward;
  std::function<void(Result<bool>)> done;
};

/// Not thread-safe: the log's mutex guards it.
class LogQueue {
 public:
  explicit LogQueue(std::size_t size_max) : size_max_(size_max) {}

  enum class Put : std::uint8_t {
    kQueued,
    kDroppedOther,  ///< Queued, and the oldest droppable decision is lost for it.
    kRefused,       ///< Full of things that are worth more: not queued.
  };
  /// `lost`: set to the decision that was dropped.
  Put put(LogEvent& event, std::shared_ptr<const Decision>* lost);

  /// The first `count` in order of arrival.
  std::vector<LogEvent> take(std::size_t count);
  /// Puts what take() gave back to the front, after a failed commit.
  void give_back(std::vector<LogEvent> events);
  /// All rewards, in order.
  std::vector<LogEvent> take_rewards();

  std::size_t size() const { return droppable_.size() + precious_.size() + rewards_.size(); }
  bool has_rewards() const { return !rewards_.empty(); }
  /// Number of the first event; 0 when empty.
  std::uint64_t first_number() const;
  std::uint64_t last_number() const { return next_number_ - 1; }

 private:
  std::deque<LogEvent>& lane_of(const LogEvent& event);

  const std::size_t size_max_;
  std::uint64_t next_number_ = 1;
  std::deque<LogEvent> droppable_;  ///< Greedy, reuse, bypass: nothing is learned from them.
  std::deque<LogEvent> precious_;
  std::deque<LogEvent> rewards_;
};

}  // namespace pith
