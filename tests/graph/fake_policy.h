// A policy that does what a test asks: waits at a gate, takes time, fails, throws, gives nonsense;
// and remembers.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "stages/score/keep_policy.h"
#include "stages/score/policy_set.h"

namespace pith {

/// One piece per run of non-blanks.
class BlankTokenizer : public Tokenizer {
 public:
  std::vector<Piece> encode(std::string_view text) const override {
    std::vector<Piece> pieces;
    std::size_t at = 0;
    while ((at = text.find_first_not_of(' ', at)) != std::string_view::npos) {
      const std::size_t end = std::min(text.find(' ', at), text.size());
      pieces.push_back(
          {.id = 1, .span = {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end)}});
      at = end;
    }
    return pieces;
  }
  std::int32_t vocab_size() const override { return 2; }
};

class FakePolicy : public KeepPolicy {
 public:
  explicit FakePolicy(std::string name)
      : id_(64, name.empty() ? 'f' : name[0]), name_(std::move(name)) {}

  const std::string& id() const override { return id_; }
  const std::string& name() const override { return name_; }
  const Tokenizer& tokenizer() const override { return tokenizer_; }

  Result<Done> score(std::span<ScoreItem> batch, const ScoreLimits& limits) const override {
    {
      std::unique_lock lock(mutex_);
      std::vector<std::string> texts;
      for (const ScoreItem& item : batch) texts.emplace_back(item.text);
      batches_.push_back(std::move(texts));
      ++inside_;
      changed_.notify_all();
      changed_.wait(lock, [&] { return !gate_closed_; });
      --inside_;
    }
    const auto until = std::chrono::steady_clock::now() + takes_;
    while (std::chrono::steady_clock::now() < until) {
      if (std::chrono::steady_clock::now() >= limits.deadline)
        return Error{ErrorCode::kDeadlineExceeded, "in score"};
      if (limits.cancelled != nullptr && limits.cancelled->load())
        return Error{ErrorCode::kCancelled, "in score"};
      std::this_thread::sleep_for(
          std::min<std::chrono::microseconds>(takes_, std::chrono::milliseconds(1)));
    }
    if (throws_) throw std::runtime_error("out of luck");
    if (fails_) return Error{ErrorCode::kInternal, "asked to fail"};
    for (ScoreItem& item : batch) {
      // Alternating, so that half of the words go whatever they are.
      item.keep_prob.assign(item.segment->words.size() + (wrong_size_ ? 1 : 0), 0.25F);
      for (std::size_t i = 0; i < item.keep_prob.size(); i += 2) item.keep_prob[i] = 0.75F;
      if (not_a_number_) item.keep_prob[0] = std::numeric_limits<float>::quiet_NaN();
    }
    return Done{};
  }

  void close_gate() {
    const std::lock_guard lock(mutex_);
    gate_closed_ = true;
  }
  void open_gate() {
    const std::lock_guard lock(mutex_);
    gate_closed_ = false;
    changed_.notify_all();
  }
  /// Waits until `count` bodies stand at the closed gate. False after five seconds.
  bool wait_inside(int count) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(5), [&] { return inside_ >= count; });
  }
  std::vector<std::vector<std::string>> batches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
  }

  std::chrono::microseconds takes_{0};
  bool throws_ = false, fails_ = false, wrong_size_ = false, not_a_number_ = false;

 private:
  const std::string id_, name_;
  BlankTokenizer tokenizer_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable std::vector<std::vector<std::string>> batches_;
  mutable int inside_ = 0;
  bool gate_closed_ = false;
};

inline std::shared_ptr<const PolicySet> set_of(
    std::vector<std::shared_ptr<const KeepPolicy>> policies) {
  return std::make_shared<const PolicySet>(std::move(policies), 0);
}

/// "first0 first1 ...": prose whose words nothing protects.
inline std::string prose(const std::string& first, int num_words) {
  static constexpr const char* kWords[] = {"green", "river", "under", "quiet",
                                           "stone", "walks", "other", "cloud"};
  std::string text = first;
  for (int i = 1; i < num_words; ++i) text += std::string(" ") + kWords[i % 8];
  return text;
}

}  // namespace pith
