// The directory that holds Pith's secret, memo and log: private, and one process's at a time.
#pragma once

#include <string>
#include <utility>

#include "messages/result.h"

namespace pith {

/// A locked state directory. The lock goes with the object, or with the process, however it dies.
class StateDir {
 public:
  StateDir(StateDir&& other) noexcept
      : path_(std::move(other.path_)), lock_fd_(std::exchange(other.lock_fd_, -1)) {}
  StateDir& operator=(StateDir&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(lock_fd_, other.lock_fd_);
    return *this;
  }
  ~StateDir();

  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  friend Result<StateDir> open_state_dir(const std::string& path);
  StateDir(std::string path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}

  std::string path_;
  int lock_fd_;
};

/// Creates the directory with its parents, sets mode 0700 and takes the lock file in it.
/// Errors: kStorageFailed: cannot be made, belongs to another user, or "in use by process PID".
Result<StateDir> open_state_dir(const std::string& path);

}  // namespace pith
