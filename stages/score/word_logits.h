// From pieces to words.
#pragma once

#include <span>
#include <vector>

#include "stages/tokenize/tokenized_prompt.h"

namespace pith {

/// [num_words]: the mean of its pieces' logits. A word without pieces has the logit of the piece
/// that covers it, else of the word in front of it, else of the one behind; +infinity where the
/// segment has no pieces: what the network has not seen does not go. `piece_logits` [num_pieces].
std::vector<float> word_logits(const TokenizedSegment& segment,
                               std::span<const float> piece_logits);

/// From dz = dL/d(word_logits), [num_words]: dL/dpiece_logits, [num_pieces].
std::vector<float> word_logits_backward(const TokenizedSegment& segment, std::span<const float> dz);

/// 1 / (1 + e^-logit).
float keep_probability(float logit);

}  // namespace pith
