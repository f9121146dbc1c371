// JSON strings: from the bytes between the quotes to text, and back with as few escapes as
// possible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pith {

/// The text of a JSON string. `raw` are the bytes between the quotes; they were checked before (see
/// json_tree.h), so escapes are complete and surrogates paired.
std::string decode_json_string(std::string_view raw);

/// Appends `text` (valid UTF-8) as the inside of a JSON string: escapes only `"`, `\` and bytes
/// below 0x20; all else, non-ASCII and U+007F too, stands for itself.
void append_json_escaped(std::string& out, std::string_view text);

/// Length of the longest prefix of `text` that has at most `bytes_max` bytes and does not cut a
/// UTF-8 character.
std::size_t character_prefix(std::string_view text, std::size_t bytes_max);

/// The number that four hexadecimal digits give.
std::uint32_t read_hex4(const char* digits);

/// The first byte in [p, end) that a JSON string may not hold as it is: quote, backslash or
/// control; `end` if none.
const char* find_string_special(const char* p, const char* end);

}  // namespace pith
