// Words: the unit that is kept or dropped. ICU word boundaries, punctuation attached.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "messages/byte_span.h"

namespace pith {

/// [begin, text_end) holds no leading or trailing blank; [text_end, end) are the blanks after it.
struct Word {
  std::uint32_t begin = 0;
  std::uint32_t text_end = 0;
  std::uint32_t end = 0;
  friend bool operator==(const Word&, const Word&) = default;
};

/// Words of `text` inside `within`, offsets relative to `text`. Together they cover `within` except
/// blanks at its start. Chinese, Japanese and Thai are split by ICU's dictionaries; an emoji is a
/// word. Punctuation belongs to what it follows without a blank ("f(x)" is "f(" and "x)"), after a
/// blank to what follows it ("(see", "$5"). Never cuts a grapheme. Any bytes will do; ones that are
/// not UTF-8 are symbols.
std::vector<Word> split_words(std::string_view text, ByteSpan within);

}  // namespace pith
