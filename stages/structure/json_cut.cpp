#include "stages/structure/json_cut.h"

#include <algorithm>
#include <array>
#include <string>

namespace pith {
namespace {

using Text = std::string_view;

constexpr std::size_t kMarkerBytesMax = 200;

Text without_blanks(Text text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == Text::npos ? 0 : last + 1);
}

Text without_dots(Text text) {
  constexpr Text kEllipsis = "\xE2\x80\xA6";
  for (;;) {
    if (text.ends_with(kEllipsis)) {
      text.remove_suffix(kEllipsis.size());
    } else if (text.ends_with("...")) {
      text.remove_suffix(text.size() - 1 - std::min(text.find_last_not_of('.'), text.size() - 4));
    } else {
      return without_blanks(text);
    }
  }
}

// Quotes and braces are the document's own; without them a value's text may be taken for a marker,
// which then stays: no harm.
bool says_cut(Text note) {
  constexpr std::array<Text, 8> kWords = {"truncated", "omitted",   "clipped",   "cut off",
                                          "elided",    "shortened", "remaining", " more "};
  if (note.size() > kMarkerBytesMax || note.find_first_of("\"{}") != Text::npos) return false;
  std::string low(note);
  for (char& c : low) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](Text word) { return low.find(word) != std::string::npos; });
}

// Where the note in brackets begins that ends the text; or the text's end.
std::size_t bracket_begin(Text text) {
  constexpr Text kClosing = "])>";
  constexpr Text kOpening = "[(<";
  const std::size_t kind = text.empty() ? Text::npos : kClosing.find(text.back());
  if (kind == Text::npos) return text.size();
  const std::size_t from = text.size() - std::min(text.size(), kMarkerBytesMax);
  const std::size_t open = text.substr(from).rfind(kOpening[kind]);
  if (open == Text::npos || !says_cut(text.substr(from + open))) return text.size();
  return from + open;
}

// Where the last line begins, if all of it is a note; or the text's end.
std::size_t note_line_begin(Text text) {
  const std::size_t from = text.size() - std::min(text.size(), kMarkerBytesMax);
  const std::size_t newline = text.substr(from).rfind('\n');
  if (newline == Text::npos || !says_cut(text.substr(from + newline))) return text.size();
  return from + newline;
}

}  // namespace

std::uint32_t cut_marker_begin(std::string_view text) {
  Text rest = without_blanks(text);
  rest = without_blanks(rest.substr(0, note_line_begin(rest)));
  rest = without_dots(rest);
  rest = without_blanks(rest.substr(0, bracket_begin(rest)));
  return static_cast<std::uint32_t>(without_dots(rest).size());
}

}  // namespace pith
