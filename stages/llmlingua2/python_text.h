// String operations that the results depend on, as Python defines them. Text is UTF-8.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pith {

/// text.replace(from, to): from the left, not overlapping; an empty `from` is found before every
/// character and at the end.
std::string python_replaced(std::string_view text, std::string_view from, std::string_view to);

/// text.lstrip(unit), `unit` being one character.
std::string_view python_lstripped(std::string_view text, std::string_view unit);

/// text in string.punctuation: whether it is a piece of that string, as the empty one is.
bool in_python_punctuation(std::string_view text);

/// re.search(r"\d", text): a decimal digit of any script.
bool has_python_digit(std::string_view text);

/// The words of text that no model has looked at: runs of \w characters, and some of ASCII's
/// punctuation one by one. Classes are those of Unicode 14 (Python 3.11).
std::vector<std::string> python_words(std::string_view text);

}  // namespace pith
