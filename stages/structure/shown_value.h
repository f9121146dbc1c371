// What the prose inside a JSON string looks like to a reader of the string, byte for byte in place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "messages/byte_span.h"

namespace pith {

/// Whether text[value], the inside of a JSON string, is long prose: words enough, and no document,
/// markup or code that was encoded once more. Linear.
bool is_long_prose(std::string_view text, ByteSpan value);

/// The inside of a JSON string with every escape replaced by as many bytes that no later step
/// parts: \n by a blank and a line end; other blanks by blanks; \" by « or », as it opens or
/// closes; \u2014 and other signs by the sign twice; \/ by //; \\ stays. Any other \uXXXX becomes
/// xxxxxx, which holds its word together; such words are to be kept.
struct ShownValue {
  std::string text;               ///< As long as the value.
  std::vector<ByteSpan> escapes;  ///< Of the whole text: the escapes that do not mean blanks.
};
ShownValue show_value(std::string_view text, ByteSpan value);

/// The stand-in of a letter that is written as an escape.
inline constexpr char kEscapedLetter = 'x';

/// The stand-ins of \".
inline constexpr std::string_view kOpeningQuote = "\xC2\xAB";
inline constexpr std::string_view kClosingQuote = "\xC2\xBB";

}  // namespace pith
