// The one bound of a graph: how much may be inside at once.
#pragma once

#include <atomic>
#include <cstdint>

#include "messages/compress.h"

namespace pith {

/// Thread-safe, never blocks. Shadow prompts are admitted into the first half only.
class Admission {
 public:
  Admission(std::atomic<std::uint32_t>& in_flight, std::uint32_t in_flight_max,
            std::uint64_t bytes_max)
      : in_flight_(in_flight), in_flight_max_(in_flight_max), bytes_max_(bytes_max) {}

  /// False: full, nothing is taken. A prompt larger than bytes_max alone is admitted when nothing
  /// else is inside.
  bool try_enter(Priority priority, std::uint64_t bytes) {
    const std::uint32_t max = priority == Priority::kShadow ? in_flight_max_ / 2 : in_flight_max_;
    if (in_flight_.fetch_add(1) >= max) {
      in_flight_.fetch_sub(1);
      return false;
    }
    const std::uint64_t before = bytes_.fetch_add(bytes);
    if (before != 0 && before + bytes > bytes_max_) {
      bytes_.fetch_sub(bytes);
      in_flight_.fetch_sub(1);
      return false;
    }
    return true;
  }

  void leave(std::uint64_t bytes) {
    bytes_.fetch_sub(bytes);
    in_flight_.fetch_sub(1);
  }

 private:
  std::atomic<std::uint32_t>& in_flight_;
  std::atomic<std::uint64_t> bytes_{0};
  const std::uint32_t in_flight_max_;
  const std::uint64_t bytes_max_;
};

}  // namespace pith
