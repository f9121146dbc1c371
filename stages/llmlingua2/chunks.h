// Where a long text is cut for the model.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "stages/tokenize/hf_tokenizer.h"
#include "stages/tokenize/piece_decoder.h"

namespace pith {

/// Length of the model's input, its two special tokens included.
inline constexpr std::size_t kModelPieces = 512;

/// Every chunk is as long as possible, up to 510 pieces behind its first, and ends with a piece of
/// `ends`, but for the last; where there is none it has 511 pieces. A chunk is text again, to be
/// tokenised anew.
std::vector<std::string> chunk_texts(std::span<const SpelledPiece> pieces,
                                     const std::set<std::string, std::less<>>& ends,
                                     const PieceDecoder& decoder);

}  // namespace pith
