// Losses of a keep policy on annotated words.
#pragma once

#include <cstdint>
#include <span>

namespace pith {

/// A word's label: 0 drop, 1 keep when compressing moderately, 2 keep when compressing hard.
using KeepLabel = std::uint8_t;

/// Proportional odds (McCullagh 1980): P(label >= 1) = sigmoid(z), P(label >= 2) = sigmoid(z -
/// gap). One z ranks the words for every rate. Sum over words of both cross-entropies, in nats; dz
/// [num_words] is overwritten with dL/dz, dL/dgap is added to *dgap.
double ordinal_loss(std::span<const float> z, std::span<const KeepLabel> labels, float gap,
                    std::span<float> dz, float* dgap);

/// Cross-entropy of "label >= 1" alone: what LLMLingua-2 trains (Pan et al. 2024).
double binary_loss(std::span<const float> z, std::span<const KeepLabel> labels,
                   std::span<float> dz);

/// A word's z = mean over its pieces of (keep logit - drop logit). logits [num_pieces, 2];
/// word_of_piece [num_pieces], words.size() and above: no word. z [num_words]; a word without
/// pieces has 0.
void mean_over_words(std::span<const float> logits, std::span<const std::uint32_t> word_of_piece,
                     std::span<float> z);
/// From dz: overwrites dlogits.
void mean_over_words_backward(std::span<const float> dz,
                              std::span<const std::uint32_t> word_of_piece,
                              std::span<float> dlogits);

}  // namespace pith
