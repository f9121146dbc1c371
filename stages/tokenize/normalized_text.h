// Text on its way through normalisation, with the bytes of the original that each byte stands for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "messages/byte_span.h"

namespace pith {

/// Always UTF-8: bytes of the original that are not are U+FFFD here. A character that became
/// several stands for the same bytes of the original in each of them.
struct NormalizedText {
  std::string bytes;
  std::vector<ByteSpan> origin;  ///< One per byte.

  void reserve(std::size_t n) {
    bytes.reserve(n);
    origin.reserve(n);
  }
  void append(std::string_view more, ByteSpan from) {
    bytes.append(more);
    origin.insert(origin.end(), more.size(), from);
  }
  void append(char32_t code_point, ByteSpan from);
  /// Bytes [begin, end) of `other`, which stand for what they stood for.
  void append(const NormalizedText& other, std::size_t begin, std::size_t end);
  /// What the bytes [begin, end), at least one, stand for.
  ByteSpan span(std::size_t begin, std::size_t end) const {
    return {origin[begin].begin, origin[end - 1].end};
  }
};

/// Bytes `part` of `text`, not normalised.
NormalizedText normalized_text(std::string_view text, ByteSpan part);

}  // namespace pith
