// A byte range of a text, and the one way a compressed text is made from kept ranges.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pith {

/// Bytes [begin, end) of a UTF-8 text. Texts are at most 64 MiB, so 32 bits do.
struct ByteSpan {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  friend bool operator==(const ByteSpan&, const ByteSpan&) = default;
};

/// "The line before `at` stood here `count` times": the only text that Pith can insert, off by default.
/// Rendered as " [x COUNT]" before the line end at byte `at` of the original.
struct RepeatMarker {
  std::uint32_t at = 0;
  std::uint32_t count = 0;
  friend bool operator==(const RepeatMarker&, const RepeatMarker&) = default;
};

/// The compressed text: the kept bytes of `text` in order, with markers rendered at their places.
/// `kept` is sorted, disjoint and inside `text` (see spans_valid); a marker's `at` lies on a kept byte or at its end.
std::string apply_spans(std::string_view text, std::span<const ByteSpan> kept,
                        std::span<const RepeatMarker> markers = {});

/// Sorted, disjoint, non-empty, within text_bytes.
bool spans_valid(std::span<const ByteSpan> spans, std::size_t text_bytes);

/// No span begins or ends inside a UTF-8 character of `text`.
bool spans_on_characters(std::string_view text, std::span<const ByteSpan> spans);

}  // namespace pith
