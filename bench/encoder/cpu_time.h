// CPU time of this process: what a busy machine disturbs least.
#pragma once

#include <ctime>

namespace pith::bench {

/// Of all threads, in seconds.
inline double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace pith::bench
