// Why a request was not answered with a reply: the body of Busy, Error and Cancel
// (schema/fault.fbs).
#pragma once

#include <cstdint>
#include <string>

#include "messages/result.h"

namespace pith {

struct Fault {
  ErrorCode code = ErrorCode::kInternal;
  std::uint32_t retry_after_ms = 0;
  std::string text;  ///< Never prompt text.
  friend bool operator==(const Fault&, const Fault&) = default;
};

}  // namespace pith
