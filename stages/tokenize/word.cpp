#include "stages/tokenize/word.h"

#include <cassert>
#include <cstring>

#include "stages/tokenize/word_segments.h"

namespace pith {
namespace {

bool ascii_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// End of the ASCII bytes that begin at `at`.
std::uint32_t skip_ascii(std::string_view text, std::uint32_t at, std::uint32_t end) {
  for (; at + 8 <= end; at += 8) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data() + at, 8);
    if ((bytes & 0x8080808080808080U) != 0) break;
  }
  while (at < end && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

/// ASCII text shorter than this between two others is left to ICU with them: starting ICU costs
/// more.
constexpr std::uint32_t kAsciiBytesMin = 64;

/// End of the stretch for ICU that begins with something other than ASCII at or after `at`: a place
/// behind ASCII blanks, in front of ASCII, with enough ASCII after it. There, whatever stands
/// around, is a boundary that either side can find alone.
std::uint32_t icu_stretch_end(std::string_view text, std::uint32_t at, std::uint32_t end) {
  while (at < end) {
    while (at < end && static_cast<unsigned char>(text[at]) >= 0x80) ++at;
    const std::uint32_t ascii_end = skip_ascii(text, at, end);
    if (ascii_end - at >= kAsciiBytesMin || ascii_end == end) {
      std::uint32_t cut = at;
      while (cut < ascii_end && !ascii_blank(text[cut])) ++cut;
      while (cut < ascii_end && ascii_blank(text[cut])) ++cut;
      if (cut < ascii_end) return cut;
    }
    at = ascii_end;
  }
  return end;
}

}  // namespace

std::vector<Word> split_words(std::string_view text, ByteSpan within) {
  assert(within.begin <= within.end && within.end <= text.size());
  std::vector<Word> words;
  words.reserve((within.end - within.begin) / 5);
  WordJoiner joiner(words);
  for (std::uint32_t at = within.begin; at < within.end;) {
    std::uint32_t ascii_end = skip_ascii(text, at, within.end);
    if (ascii_end < within.end) {
      // The last ASCII word may go on in other characters, and so may a blank (by a mark on it).
      while (ascii_end > at && ascii_blank(text[ascii_end - 1])) --ascii_end;
      while (ascii_end > at && !ascii_blank(text[ascii_end - 1])) --ascii_end;
    }
    if (ascii_end > at) add_ascii_segments(text, at, ascii_end, joiner);
    if (ascii_end == within.end) break;
    at = icu_stretch_end(text, ascii_end, within.end);
    add_icu_segments(text, ascii_end, at, joiner);
  }
  return words;
}

}  // namespace pith
