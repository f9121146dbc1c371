// Where a text that is longer than the network's window is cut.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "stages/tokenize/tokenized_prompt.h"

namespace pith {

/// Pieces [begin, end) of a segment.
struct PieceRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  friend bool operator==(const PieceRange&, const PieceRange&) = default;
};

/// All pieces in ranges of at most `pieces_max` (at least 1), in order. A range ends at the last of
/// the best places within its last quarter: between paragraphs, else lines, sentences, words, else
/// pieces; the last two ranges share what is left, so that no range is a small rest without
/// context. Depends on the text alone; one that grows at its end keeps all ranges but its last two.
std::vector<PieceRange> cut_chunks(std::string_view text, const TokenizedSegment& segment,
                                   std::size_t pieces_max);

}  // namespace pith
