// How long a body is, and what of it may be believed.
#pragma once

#include <cstdint>

#include "apps/http/head_parser.h"

namespace pith {

struct BodyFraming {
  enum class Kind : std::uint8_t { kNone, kLength, kChunked, kUntilClose };
  Kind kind = Kind::kNone;
  std::uint64_t length = 0;  ///< With kLength.

  bool empty() const { return kind == Kind::kNone || (kind == Kind::kLength && length == 0); }
};

struct FramingOrProblem {
  BodyFraming framing;
  const char* problem = nullptr;  ///< Static text: refuse the message.
};

/// Errors: content-length with transfer-encoding, repeated or not plain digits; any
/// transfer-encoding but exactly "chunked"; transfer-encoding in HTTP/1.0; Host missing in 1.1 or
/// repeated.
FramingOrProblem request_framing(const ParsedHead& head);
/// `to_head`: the response answers a HEAD request.
FramingOrProblem response_framing(const ParsedHead& head, bool to_head);

/// Whether the sender of `head` will keep its connection open after this message.
bool keeps_alive(const ParsedHead& head);

}  // namespace pith
