// Texts that went out raw while the memo could not be written: as long as this process lives they
// stay raw, and are offered to the memo again.
#pragma once

#include <deque>
#include <mutex>
#include <set>
#include <utility>

#include "apps/memo/memo.h"

namespace pith {

/// Thread-safe. Holds at most `size_max` texts; beyond, the oldest are forgotten.
class UnwrittenRaw {
 public:
  explicit UnwrittenRaw(std::size_t size_max = 100'000) : size_max_(size_max) {}

  void add(const KeyedHash& conversation, const KeyedHash& text) {
    const std::lock_guard lock(mutex_);
    const Place place{conversation, text};
    if (!texts_.insert(place).second) return;
    by_age_.push_back(place);
    // What was erased since may still stand here: it takes a place, which is no harm.
    while (by_age_.size() > size_max_) {
      texts_.erase(by_age_.front());
      by_age_.pop_front();
    }
  }
  bool holds(const KeyedHash& conversation, const KeyedHash& text) const {
    const std::lock_guard lock(mutex_);
    return !texts_.empty() && texts_.contains({conversation, text});
  }
  /// The memo has it now.
  void erase(const KeyedHash& conversation, const KeyedHash& text) {
    const std::lock_guard lock(mutex_);
    if (!texts_.empty()) texts_.erase({conversation, text});
    if (texts_.empty()) by_age_.clear();
  }

 private:
  using Place = std::pair<KeyedHash, KeyedHash>;
  const std::size_t size_max_;
  mutable std::mutex mutex_;
  std::set<Place> texts_;
  std::deque<Place> by_age_;
};

}  // namespace pith
