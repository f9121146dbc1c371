#include "stages/tokenize/normalized_text.h"

#include <unicode/utf8.h>

#include <array>

#include "stages/tokenize/utf8.h"

namespace pith {

void NormalizedText::append(char32_t code_point, ByteSpan from) {
  std::array<char, 4> spelled{};
  std::size_t length = 0;
  U8_APPEND_UNSAFE(spelled.data(), length, code_point);
  append(std::string_view(spelled.data(), length), from);
}

void NormalizedText::append(const NormalizedText& other, std::size_t begin, std::size_t end) {
  using Offset = std::ptrdiff_t;
  bytes.append(other.bytes, begin, end - begin);
  origin.insert(origin.end(), other.origin.begin() + static_cast<Offset>(begin),
                other.origin.begin() + static_cast<Offset>(end));
}

NormalizedText normalized_text(std::string_view text, ByteSpan part) {
  NormalizedText out;
  out.reserve(part.end - part.begin);
  const std::string_view until = text.substr(0, part.end);
  for (std::uint32_t at = part.begin; at < part.end;) {
    const Utf8Char c = utf8_char_at(until, at);
    const bool valid = c.code_point != kNoCodePoint;
    out.append(valid ? until.substr(at, c.bytes) : "\xEF\xBF\xBD", {at, at + c.bytes});
    at += c.bytes;
  }
  return out;
}

}  // namespace pith
