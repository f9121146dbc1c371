// Strict JSON (RFC 8259) recognised in place: where a value ends, which of its blanks mean nothing,
// and where its long strings are.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "messages/byte_span.h"

namespace pith {

/// A string value with at most this many bytes between its quotes is a literal, as a quotation is.
inline constexpr std::uint32_t kLiteralStringBytesMax = 400;

struct JsonScan {
  bool valid = false;
  bool cut = false;       ///< Not valid, but the text's end alone is to blame.
  std::uint32_t end = 0;  ///< One past the value; when not valid, where it stopped being JSON.
  std::vector<ByteSpan>
      blanks;  ///< Blanks outside strings, sorted: deleting them changes no value.
  std::vector<ByteSpan>
      long_strings;  ///< String values (no keys) with more than
                     ///< kLiteralStringBytesMax bytes: what is between the quotes. One that the
                     ///< text's end cuts short ends before an escape that is cut in two.
};

/// Recognises the object or array that begins at text[begin] ('{' or '['). Linear, without
/// recursion: nesting costs one byte a level. Numbers, key order and strings are not looked into
/// further. Of what is neither valid nor cut no blanks and strings are named; nor are blanks at the
/// cut.
JsonScan scan_json(std::string_view text, std::uint32_t begin);

}  // namespace pith
