// Whether work that takes long should end before it is done.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "messages/result.h"

namespace pith {

/// Why to stop now, if there is a reason; one that was there stays. Empty: never.
using StopCheck = std::function<std::optional<Error>()>;

/// For loops over words: asks at every 4096th place, about a millisecond's work.
inline bool stops_at(std::size_t place, const StopCheck& stop) {
  return place % 4096 == 0 && stop && stop();
}

}  // namespace pith
