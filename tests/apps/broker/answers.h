// Collects what a broker answers: each request must be answered exactly once.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <vector>

#include "apps/broker/broker.h"
#include "tests/graph/fake_policy.h"

namespace pith {

class Answers {
 public:
  struct Answer {
    int times = 0;
    int code = -1;  ///< 0: a reply; else the error's code.
    std::string detail;
    CompressReply reply;
    std::chrono::steady_clock::time_point at;
  };

  Broker::OnReply of(int number) {
    return [this, number](Result<CompressReply> reply) {
      const std::lock_guard lock(mutex_);
      Answer& answer = answers_[number];
      ++answer.times;
      answer.code = reply ? 0 : static_cast<int>(reply.error().code);
      answer.at = std::chrono::steady_clock::now();
      if (reply) {
        answer.reply = std::move(*reply);
      } else {
        answer.detail = reply.error().detail;
      }
      changed_.notify_all();
    };
  }
  /// False when fewer than `count` requests were answered within ten seconds.
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10),
                             [&] { return answers_.size() >= count; });
  }
  Answer get(int number) {
    const std::lock_guard lock(mutex_);
    return answers_[number];
  }
  std::map<int, Answer> all() {
    const std::lock_guard lock(mutex_);
    return answers_;
  }
  /// How many answers have `code` (0: replies).
  int count(int code) {
    int n = 0;
    for (const auto& [number, answer] : all()) n += answer.code == code ? 1 : 0;
    return n;
  }
  bool each_once() {
    for (const auto& [number, answer] : all()) {
      if (answer.times != 1) return false;
    }
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int, Answer> answers_;
};

inline CompressRequest prose_request(int num_words = 20) {
  CompressRequest request;
  request.segments.push_back(
      {.text = prose("first", num_words), .kind = SegmentKind::kPlain, .query = {}});
  request.options.target_rate = 0.5F;
  return request;
}

inline int number_of(ErrorCode code) { return static_cast<int>(code); }

/// Waits up to five seconds for something that other threads bring about.
template <class Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return condition();
}

}  // namespace pith
