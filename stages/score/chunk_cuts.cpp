#include "stages/score/chunk_cuts.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace pith {
namespace {

/// How good a place for a cut is.
enum class Place : int { kInWord, kWord, kSentence, kLine, kParagraph };

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// Whether `text`, which ends behind its last byte that is no blank, ends a sentence.
bool ends_sentence(std::string_view text) {
  // A quotation mark or bracket may stand behind the stop.
  while (text.ends_with('"') || text.ends_with('\'') || text.ends_with(')')) text.remove_suffix(1);
  constexpr std::array<std::string_view, 9> kStops = {".",
                                                      "!",
                                                      "?",
                                                      "\xE3\x80\x82",
                                                      "\xEF\xBC\x81",
                                                      "\xEF\xBC\x9F",
                                                      "\xE2\x80\xA6",
                                                      "\xD8\x9F",
                                                      "\xE0\xA5\xA4"};
  return std::any_of(kStops.begin(), kStops.end(),
                     [&](std::string_view stop) { return text.ends_with(stop); });
}

/// The place in front of piece `at`, which is not the first.
Place place_before(std::string_view text, const TokenizedSegment& segment, std::size_t at) {
  if (segment.word_of_piece[at] == segment.word_of_piece[at - 1]) return Place::kInWord;
  // A piece's blank may be its own first byte, or no piece's.
  std::size_t end = std::min<std::size_t>(segment.pieces[at].span.begin, text.size());
  while (end < text.size() && is_blank(text[end])) ++end;
  std::size_t begin = end;
  while (begin > 0 && is_blank(text[begin - 1])) --begin;
  const auto lines = std::count(text.begin() + static_cast<std::ptrdiff_t>(begin),
                                text.begin() + static_cast<std::ptrdiff_t>(end), '\n');
  if (lines > 1) return Place::kParagraph;
  if (lines == 1) return Place::kLine;
  // "3.14" is no end of a sentence, but a full stop of Chinese needs no blank.
  const std::string_view before = text.substr(0, begin);
  const bool wide_stop = !before.empty() && static_cast<unsigned char>(before.back()) >= 0x80;
  return (begin < end || wide_stop) && ends_sentence(before) ? Place::kSentence : Place::kWord;
}

/// The last of the best cuts in [first, last].
std::size_t best_cut(std::string_view text, const TokenizedSegment& segment, std::size_t first,
                     std::size_t last) {
  std::size_t best = last;
  Place best_place = place_before(text, segment, last);
  for (std::size_t at = last; at-- > first && best_place != Place::kParagraph;) {
    const Place place = place_before(text, segment, at);
    if (place > best_place) {
      best = at;
      best_place = place;
    }
  }
  return best;
}

}  // namespace

std::vector<PieceRange> cut_chunks(std::string_view text, const TokenizedSegment& segment,
                                   std::size_t pieces_max) {
  assert(pieces_max > 0 && segment.word_of_piece.size() == segment.pieces.size());
  const std::size_t num_pieces = segment.pieces.size();
  const std::size_t quarter = pieces_max / 4;
  std::vector<PieceRange> ranges;
  std::size_t begin = 0;
  while (num_pieces - begin > pieces_max) {
    const std::size_t left = num_pieces - begin;
    const std::size_t longest = std::min(pieces_max, std::max<std::size_t>(left / 2 + quarter, 1));
    const std::size_t shortest = std::max<std::size_t>(longest - std::min(longest, quarter), 1);
    const std::size_t end = best_cut(text, segment, begin + shortest, begin + longest);
    ranges.push_back({begin, end});
    begin = end;
  }
  if (begin < num_pieces) ranges.push_back({begin, num_pieces});
  return ranges;
}

}  // namespace pith
