// Masked-language-model pretraining: guess the words that were hidden.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stages/network/aligned_buffer.h"

namespace pith {

/// A text with pieces to guess (Devlin et al. 2019, section 3.1).
struct MaskedText {
  std::vector<std::int32_t> ids;        ///< As the network sees them.
  std::vector<std::uint32_t> places;    ///< [num_guesses], ascending
  std::vector<std::int32_t> originals;  ///< [num_guesses]
};

/// Chooses 15 % of the pieces between the first and the last: 80 % of them become `mask_id`, 10 %
/// any id from `first_id` on, 10 % stay. Follows from the seed. vocab_size > first_id.
MaskedText mask_text(std::span<const std::int32_t> ids, std::int32_t mask_id, std::int32_t first_id,
                     std::int32_t vocab_size, std::uint64_t seed);

struct MaskedLanguageMemory {
  AlignedBuffer<float> hidden, logits, dhidden;
};

/// Sum over guesses of the cross-entropy of softmax(hidden table^T), in nats. hidden, dhidden
/// [length, width], dhidden overwritten; table [vocab_size, width]; adds to dtable.
double masked_language_loss(const float* hidden, std::size_t length, std::size_t width,
                            const MaskedText& text, std::span<const float> table,
                            MaskedLanguageMemory& memory, float* dhidden, std::span<float> dtable);

}  // namespace pith
