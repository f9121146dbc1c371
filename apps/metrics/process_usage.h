// What the kernel says this process uses.
#pragma once

#include <cstdint>

namespace pith {

struct ProcessUsage {
  double cpu_seconds = 0.0;  ///< User and system, all threads.
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_files = 0;
  std::uint64_t threads = 0;
};

/// Reads /proc/self; a value that cannot be read is 0.
ProcessUsage process_usage();

}  // namespace pith
