#include "stages/llmlingua2/python_text.h"

#include <unicode/uchar.h>

#include "stages/tokenize/utf8.h"

namespace pith {
namespace {

/// Assigned by Unicode 14.
bool known_to_python(UChar32 c) {
  UVersionInfo age{};
  u_charAge(c, age);
  return age[0] <= 14;
}

/// \d
bool decimal(std::uint32_t code_point) {
  if (code_point < 0x80) return code_point >= '0' && code_point <= '9';
  const auto c = static_cast<UChar32>(code_point);
  return code_point != kNoCodePoint && u_charType(c) == U_DECIMAL_DIGIT_NUMBER &&
         known_to_python(c);
}

/// \w: str.isalnum() and the underscore. Marks are not in it.
bool word_character(std::uint32_t code_point) {
  if (code_point == kNoCodePoint) return false;
  if (code_point == '_') return true;
  const auto c = static_cast<UChar32>(code_point);
  const bool letter = (U_GET_GC_MASK(c) & U_GC_L_MASK) != 0;
  const bool number = u_getIntPropertyValue(c, UCHAR_NUMERIC_TYPE) != U_NT_NONE;
  return (letter || number) && (code_point < 0x80 || known_to_python(c));
}

}  // namespace

std::string python_replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  out.reserve(text.size());
  if (from.empty()) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t bytes = utf8_char_at(text, at).bytes;
      out.append(to).append(text, at, bytes);
      at += bytes;
    }
    return out.append(to);
  }
  std::size_t done = 0;
  for (std::size_t at = text.find(from); at != std::string_view::npos; at = text.find(from, done)) {
    out.append(text, done, at - done).append(to);
    done = at + from.size();
  }
  return out.append(text, done);
}

std::string_view python_lstripped(std::string_view text, std::string_view unit) {
  while (text.starts_with(unit)) text.remove_prefix(unit.size());
  return text;
}

bool in_python_punctuation(std::string_view text) {
  constexpr std::string_view kPunctuation = R"(!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~)";
  return kPunctuation.find(text) != std::string_view::npos;
}

bool has_python_digit(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char c = utf8_char_at(text, at);
    if (decimal(c.code_point)) return true;
    at += c.bytes;
  }
  return false;
}

std::vector<std::string> python_words(std::string_view text) {
  constexpr std::string_view kSingle = R"(<>=/!@#$%^&*()?":{}|\`~;+-)";
  std::vector<std::string> words;
  std::size_t begin = 0;  // of the run that is open
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char c = utf8_char_at(text, at);
    const std::size_t next = at + c.bytes;
    if (!word_character(c.code_point)) {
      if (begin < at) words.emplace_back(text.substr(begin, at - begin));
      if (kSingle.find(text[at]) != std::string_view::npos) words.emplace_back(1, text[at]);
      begin = next;
    }
    at = next;
  }
  if (begin < text.size()) words.emplace_back(text.substr(begin));
  return words;
}

}  // namespace pith
