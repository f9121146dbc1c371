// Which word a tokenizer's piece belongs to.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stages/tokenize/tokenizer.h"
#include "stages/tokenize/word.h"

namespace pith {

/// TokenizedSegment::word_of_piece for one prose region. `words` and `pieces` ascend; words is not
/// empty.
std::vector<std::uint32_t> words_of_pieces(std::span<const Word> words,
                                           std::span<const Piece> pieces);

}  // namespace pith
