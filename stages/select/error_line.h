// Lines that report an error: every word of them may be what the reader looks for.
#pragma once

#include <string_view>

#include "messages/byte_span.h"
#include "messages/compress.h"

namespace pith {

/// The part of `line` (offsets into `text`) to keep because it reports an error: the whole line, or
/// of a long one the sentence; empty when it reports none. Tool results are believed sooner than
/// prose.
ByteSpan error_phrase(std::string_view text, ByteSpan line, SegmentKind kind);

}  // namespace pith
