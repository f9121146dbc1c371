#include "messages/byte_span.h"

#include <cassert>

namespace pith {
namespace {

bool inside_character(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
}

}  // namespace

std::string apply_spans(std::string_view text, std::span<const ByteSpan> kept,
                        std::span<const RepeatMarker> markers) {
  assert(spans_valid(kept, text.size()));
  std::size_t total = 0;
  for (const ByteSpan& span : kept) total += span.end - span.begin;
  std::string out;
  out.reserve(total + markers.size() * 12);
  std::size_t next_marker = 0;
  for (const ByteSpan& span : kept) {
    std::size_t from = span.begin;
    while (next_marker < markers.size() && markers[next_marker].at <= span.end) {
      const RepeatMarker& marker = markers[next_marker++];
      if (marker.at < from) continue;
      out.append(text.substr(from, marker.at - from));
      out.append(" [x ").append(std::to_string(marker.count)).append("]");
      from = marker.at;
    }
    out.append(text.substr(from, span.end - from));
  }
  return out;
}

bool spans_valid(std::span<const ByteSpan> spans, std::size_t text_bytes) {
  std::uint32_t previous_end = 0;
  for (const ByteSpan& span : spans) {
    if (span.begin < previous_end || span.begin >= span.end || span.end > text_bytes) return false;
    previous_end = span.end;
  }
  return true;
}

bool spans_on_characters(std::string_view text, std::span<const ByteSpan> spans) {
  for (const ByteSpan& span : spans) {
    if (inside_character(text, span.begin) || inside_character(text, span.end)) return false;
  }
  return true;
}

}  // namespace pith
