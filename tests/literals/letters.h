// Which characters make up a word, for the literal extractor alone.
#pragma once

#include <cstddef>
#include <string_view>

namespace pith::literals {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
inline bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
inline bool is_letter(char c) { return is_upper(c) || is_lower(c); }
inline bool is_alnum(char c) { return is_letter(c) || is_digit(c); }
inline bool is_name(char c) { return is_alnum(c) || c == '_'; }
inline bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
inline bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

struct CodePoint {
  char32_t value = 0;  ///< 0 outside the text; a lone byte stands for itself.
  std::size_t length = 0;
};
CodePoint code_point_at(std::string_view text, std::size_t at);
CodePoint code_point_before(std::string_view text, std::size_t at);

/// Letters of scripts that put blanks between words, digits and '_': Latin, Greek, Cyrillic.
bool is_word_char(char32_t c);
/// Chinese and Japanese letters, which need no blanks.
bool is_cjk(char32_t c);
/// text[at] begins a word: no letter, digit or '_' is before it.
bool at_word_start(std::string_view text, std::size_t at);
bool at_word_end(std::string_view text, std::size_t at);

/// '\0' outside the text.
inline char char_at(std::string_view text, std::size_t at) {
  return at < text.size() ? text[at] : '\0';
}
template <class Predicate>
std::size_t skip(std::string_view text, std::size_t at, Predicate predicate) {
  while (at < text.size() && predicate(text[at])) ++at;
  return at;
}

}  // namespace pith::literals
