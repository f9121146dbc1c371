// What a reader of a text with JSON in it reads: the long strings decoded. Written for the
// extractor alone, from RFC 8259.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "messages/byte_span.h"

namespace pith::literals {

/// The text with every JSON string value of more than 400 bytes decoded, its two quotation marks
/// shown as line ends, so that what it holds is read by itself. Everything else as it stands.
struct ReaderView {
  std::string text;
  std::vector<ByteSpan> source;  ///< [num_bytes of text] The bytes of the original that it shows.
};
ReaderView reader_view(std::string_view text);

/// The bytes of the view that are kept, as spans of it. `half_kept`: bytes of the view of whose
/// source some is kept and some not, an escape cut in two.
struct ViewSpans {
  std::vector<ByteSpan> kept;
  std::vector<std::size_t> half_kept;
};
ViewSpans kept_of_view(const ReaderView& view, std::string_view text,
                       const std::vector<ByteSpan>& kept);

}  // namespace pith::literals
