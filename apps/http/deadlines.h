// One coarse deadline per connection, looked at every tick: arming one is a store, not a timer
// operation.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace pith {

class DeadlineList;

/// Something that may run out of time. Belongs to one I/O thread.
class Timed {
 public:
  Timed() = default;
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;
  virtual ~Timed() { unlink(); }

  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

 protected:
  /// The deadline has passed; it is kNever again.
  virtual void on_deadline() = 0;
  /// Keeps the object alive while on_deadline runs.
  virtual std::shared_ptr<void> hold() = 0;
  void set_deadline(std::int64_t at_ms) { deadline_ms_ = at_ms; }
  void unlink();

 private:
  friend class DeadlineList;
  std::int64_t deadline_ms_ = kNever;
  Timed* previous_ = nullptr;
  Timed* next_ = nullptr;
  DeadlineList* list_ = nullptr;
};

class DeadlineList {
 public:
  void add(Timed& timed) {
    timed.list_ = this;
    timed.next_ = first_;
    if (first_ != nullptr) first_->previous_ = &timed;
    first_ = &timed;
  }
  bool empty() const { return first_ == nullptr; }

  void expire(std::int64_t now_ms) {
    std::vector<std::pair<std::shared_ptr<void>, Timed*>>
        late;  // One may destroy another: hold them first.
    for (Timed* timed = first_; timed != nullptr; timed = timed->next_) {
      if (timed->deadline_ms_ <= now_ms) late.emplace_back(timed->hold(), timed);
    }
    for (auto& [held, timed] : late) {
      if (timed->list_ != this || timed->deadline_ms_ > now_ms) continue;
      timed->deadline_ms_ = Timed::kNever;
      timed->on_deadline();
    }
  }

 private:
  friend class Timed;
  Timed* first_ = nullptr;
};

inline void Timed::unlink() {
  if (list_ == nullptr) return;
  if (previous_ != nullptr) previous_->next_ = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  if (list_->first_ == this) list_->first_ = next_;
  list_ = nullptr;
  previous_ = next_ = nullptr;
}

}  // namespace pith
