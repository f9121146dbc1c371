// What the metrics share about text: lower case, blanks and letters as Python's str and re have
// them, since the reference implementations are Python programs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pith {

/// Code points; U+FFFD for each byte that is not UTF-8.
std::u32string code_points(std::string_view text);
std::string to_utf8(std::u32string_view text);

/// Full lower-case mapping without a locale: str.lower().
std::string lower_case(std::string_view text);
/// Compatibility composition: full-width digits become plain ones.
std::string compatibility_form(std::string_view text);

/// str.isspace().
bool is_blank(char32_t c);
/// \w of re: a letter or a number of any script, or _. Combining marks are none.
bool is_word_letter(char32_t c);
/// A general category P*, or one of ASCII's 32 marks.
bool is_punctuation(char32_t c);
/// One of ASCII's 32 marks: string.punctuation.
bool is_ascii_punctuation(char32_t c);
/// Scripts written without blanks between words: Han, Kana, Thai, Lao, Khmer, Burmese.
bool is_unspaced_script(char32_t c);

/// str.split(): at runs of blanks, without empty parts.
std::vector<std::string> split_at_blanks(std::string_view text);

}  // namespace pith
