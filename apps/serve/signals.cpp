#include "apps/serve/signals.h"

#include <cerrno>
#include <csignal>
#include <ctime>

namespace pith {
namespace {

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void block_signals() {
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

Signal wait_for_signal(std::optional<std::chrono::microseconds> period) {
  const sigset_t set = watched();
  for (;;) {
    int signal = 0;
    if (period) {
      timespec wait{};
      wait.tv_sec = static_cast<time_t>(period->count() / 1'000'000);
      wait.tv_nsec = static_cast<long>(period->count() % 1'000'000) * 1000;
      signal = sigtimedwait(&set, nullptr, &wait);
      if (signal < 0 && errno == EAGAIN) return Signal::kTick;
    } else {
      signal = sigwaitinfo(&set, nullptr);
    }
    if (signal == SIGHUP) return Signal::kReload;
    if (signal > 0) return Signal::kStop;
  }
}

}  // namespace pith
