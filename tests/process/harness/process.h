// Child processes of a test: started by posix_spawn, watched by their output files, stopped by pid.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pith::process {

using Millis = std::chrono::milliseconds;

/// A directory of mode 0700 that goes away with the object.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::string path(const std::string& name = "") const;

 private:
  std::string path_;
};

struct Launch {
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment;  ///< Over the test's own.
  std::string input;                               ///< Standard input.
};

class Child {
 public:
  explicit Child(Launch launch);
  ~Child();  ///< Continues, terminates, waits 5 s, kills.
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  bool running();
  /// Exit status, 128 + signal for a killed one; nullopt when it still runs after `patience`.
  std::optional<int> wait(Millis patience);
  /// What follows `prefix` in the first line of standard output that starts with it.
  std::optional<std::string> wait_line(const std::string& prefix, Millis patience = Millis(20'000));
  std::string output() const;  ///< Standard output so far.
  std::string errors() const;  ///< Standard error so far.

 private:
  TempDir dir_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

struct Finished {
  int status = -1;  ///< -1: it ran past the patience and was killed.
  std::string out, err;
};
Finished run_program(Launch launch, Millis patience = Millis(60'000));

/// Calls `done` every few milliseconds until it is true or patience ends; gives its last value.
template <class Done>
bool eventually(Done done, Millis patience = Millis(5000));

void sleep_for(Millis time);

template <class Done>
bool eventually(Done done, Millis patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return done();
    sleep_for(Millis(5));
  }
  return true;
}

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& text);
/// Resident memory of a process in KiB; CPU time in microseconds (user + system).
long resident_kib(pid_t pid);
long cpu_us(pid_t pid);

}  // namespace pith::process
