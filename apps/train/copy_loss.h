// Next-token loss of a decoder that may copy from the text it read.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apps/reader/copy_hints.h"
#include "stages/network/next_token_loss.h"

namespace pith {

/// Sum over `tokens` of weight times the cross-entropy of softmax(apply_hints(hidden head^T)), in
/// nats. hints [number]: of each token; none: as apply_hints without any. hidden, dhidden [length,
/// width], dhidden overwritten; head [vocab_size, width]; adds to dhead, the gates' rows included.
double copy_loss(const SummaryPieces& pieces, const float* hidden, std::size_t length,
                 std::size_t width, const NextTokens& tokens,
                 std::span<const std::vector<CopyHint>> hints, std::span<const float> head,
                 NextTokenMemory& memory, float* dhidden, std::span<float> dhead);

}  // namespace pith
