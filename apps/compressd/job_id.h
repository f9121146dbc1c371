// The ids that the compressor gives its own jobs: which socket a job came from, and its number
// there. The ids of different peers may be equal; these never are.
#pragma once

#include <cstdint>

#include "messages/compress.h"

namespace pith {

enum class JobOrigin : std::uint8_t { kRouter = 1, kNdjson = 2 };

inline RequestId job_id(JobOrigin origin, std::uint64_t number) {
  RequestId id;
  id.bytes[0] = static_cast<std::uint8_t>(origin);
  for (std::size_t i = 0; i < 8; ++i)
    id.bytes[8 + i] = static_cast<std::uint8_t>(number >> (8 * i));
  return id;
}

inline JobOrigin job_origin(const RequestId& id) { return static_cast<JobOrigin>(id.bytes[0]); }

inline std::uint64_t job_number(const RequestId& id) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number |= std::uint64_t{id.bytes[8 + i]} << (8 * i);
  return number;
}

}  // namespace pith
