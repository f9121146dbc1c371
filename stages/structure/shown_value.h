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
/// parts. Line ends: blanks and a line end; other blanks: blanks. A quotation mark: « or », as it
/// opens or closes, three times where it was \u0022, \u00ab or \u00bb. \u2014 and other signs: the
/// sign twice. A slash: two; a backslash stays. Any other \uXXXX becomes xxxxxx, which holds its
/// word together; such words are to be kept.
struct ShownValue {
  std::string text;               ///< As long as the value.
  std::vector<ByteSpan> escapes;  ///< Of the whole text: the escapes that do not mean blanks.
};
ShownValue show_value(std::string_view text, ByteSpan value);

/// The inside of a JSON string as its structure is looked at: every escape is one byte, the one it
/// means where that is ASCII or a blank, else kEscapedLetter.
struct DecodedValue {
  std::string text;
  std::vector<ByteSpan> escapes;  ///< Of the whole text: all of them.
};
DecodedValue decode_value(std::string_view text, ByteSpan value);

/// The stand-in of a letter that is written as an escape.
inline constexpr char kEscapedLetter = 'x';

/// The stand-ins of \".
inline constexpr std::string_view kOpeningQuote = "\xC2\xAB";
inline constexpr std::string_view kClosingQuote = "\xC2\xBB";

}  // namespace pith
