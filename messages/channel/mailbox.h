// From any thread into the one thread that owns the sockets.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cassert>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace pith {

/// Bounded queue with many writers and one reader, which polls fd(). One system call wakes the
/// reader however many items arrive before it looks.
template <class T>
class Mailbox {
 public:
  explicit Mailbox(std::size_t items_max)
      : items_max_(items_max), fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    assert(fd_ >= 0);
  }
  ~Mailbox() { ::close(fd_); }
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// Any thread. False when full; `item` is then untouched.
  bool post(T&& item) {
    const std::lock_guard lock(mutex_);
    if (items_.size() >= items_max_) return false;
    items_.push_back(std::move(item));
    wake();
    return true;
  }

  /// Any thread: wakes the reader without an item.
  void poke() {
    const std::lock_guard lock(mutex_);
    wake();
  }

  /// The reader: moves all items to `into`, which must be empty, and clears the wake-up.
  void take(std::vector<T>& into) {
    assert(into.empty());
    const std::lock_guard lock(mutex_);
    items_.swap(into);
    if (woken_) {
      std::uint64_t count = 0;
      [[maybe_unused]] const auto bytes = ::read(fd_, &count, sizeof count);
      woken_ = false;
    }
  }

  /// Readable while there is something to take.
  int fd() const { return fd_; }

 private:
  void wake() {
    if (woken_) return;
    woken_ = true;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto bytes = ::write(fd_, &one, sizeof one);
  }

  const std::size_t items_max_;
  const int fd_;
  std::mutex mutex_;
  std::vector<T> items_;
  bool woken_ = false;
};

}  // namespace pith
