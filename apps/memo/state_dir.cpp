#include "apps/memo/state_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace pith {
namespace {

Error refused(const std::string& path, std::string_view what) {
  return Error{ErrorCode::kStorageFailed, "state directory " + path + ": " + std::string(what)};
}

std::string holder_of(int fd) {
  std::array<char, 24> text{};
  const ssize_t size = pread(fd, text.data(), text.size() - 1, 0);
  std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!pid.empty() && (pid.back() < '0' || pid.back() > '9')) pid.pop_back();
  return pid.empty() ? "another process" : "process " + pid;
}

}  // namespace

StateDir::~StateDir() {
  if (lock_fd_ >= 0)
    ::close(lock_fd_);  // the lock file stays: removing it would race with the next owner
}

Result<StateDir> open_state_dir(const std::string& path) {
  if (path.empty()) return refused(path, "no path");
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failed);
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return refused(path, std::strerror(errno));

  const int dir_fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir_fd < 0) return refused(path, std::strerror(errno));
  struct stat info {};
  if (fstat(dir_fd, &info) != 0 || info.st_uid != geteuid()) {
    ::close(dir_fd);
    return refused(path, "belongs to another user");
  }
  const bool made_private = (info.st_mode & 0777) == 0700 || fchmod(dir_fd, 0700) == 0;
  const int chmod_error = errno;
  // Close-on-exec: a child process must not keep the lock when this one dies.
  const int lock_fd = openat(dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  const int open_error = errno;
  ::close(dir_fd);
  if (!made_private) {
    if (lock_fd >= 0) ::close(lock_fd);
    return refused(path, std::strerror(chmod_error));
  }
  if (lock_fd < 0) return refused(path, std::string("lock: ") + std::strerror(open_error));

  if (flock(lock_fd, LOCK_EX | LOCK_NB) != 0) {
    const int lock_error = errno;
    const std::string holder = holder_of(lock_fd);
    ::close(lock_fd);
    if (lock_error == EWOULDBLOCK) return refused(path, "in use by " + holder);
    return refused(path, std::string("lock: ") + std::strerror(lock_error));
  }
  // Only for the error message of others, so a full disk does not matter.
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(lock_fd, 0) != 0 || pwrite(lock_fd, pid.data(), pid.size(), 0) < 0) {
    // The lock itself holds.
  }
  return StateDir(path, lock_fd);
}

}  // namespace pith
