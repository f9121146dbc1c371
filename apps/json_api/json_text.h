// Writing JSON by hand: the escapes and numbers that every answer of Pith needs.
#pragma once

#include <string>
#include <string_view>

namespace pith {

/// Appends `text` as a JSON string with its quotes: minimal escapes, and U+FFFD for each byte that
/// is not UTF-8, so that the result is valid JSON whatever the text holds.
void append_json_string(std::string& out, std::string_view text);

/// Appends a finite number with at most six digits after the point ("0.5", "1", "0.333333"); null
/// when not finite.
void append_json_number(std::string& out, double value);

}  // namespace pith
