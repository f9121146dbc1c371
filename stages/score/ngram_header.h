// Reading the text header of a *.ngram file.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "messages/result.h"
#include "stages/score/ngram_format.h"

namespace pith::ngram {

struct ParsedHeader {
  Header header;
  std::uint64_t header_bytes = 0;
};

/// Every field present exactly once, in the order of to_text, and in range: order 2 to kOrderMax,
/// counts that fit into the file. Errors: kFileUnreadable, "FIELD: what is wrong", without the
/// file's name.
Result<ParsedHeader> parse_header(std::span<const std::uint8_t> file);

}  // namespace pith::ngram
