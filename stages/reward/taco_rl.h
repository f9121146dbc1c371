// TACO-RL as published: gate, sampled actions per piece, entropy bonus.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pith {

/// Shandilya et al. 2024 (arXiv 2409.13035): the reward counts only when the compressed text is
/// about as long as wanted.
struct LengthGate {
  double rate = 0.5;            ///< c
  double tolerance = 30;        ///< L, reader tokens.
  double penalty = -0.1;        ///< r0: the reward outside.
  double empty_share = 0.1;     ///< Texts of at most this share...
  double empty_penalty = -0.4;  ///< ...get this; the released script's rule. No reader is asked.

  enum class Verdict : std::uint8_t { kInside, kOutside, kEmpty };
  /// Inside: -L <= kept - c origin < L.
  Verdict judge(double origin_tokens, double kept_tokens) const {
    if (kept_tokens <= empty_share * origin_tokens) return Verdict::kEmpty;
    const double off = kept_tokens - rate * origin_tokens;
    return off >= -tolerance && off < tolerance ? Verdict::kInside : Verdict::kOutside;
  }
};

/// Bernoulli actions, 1 = keep, [num_pieces], from p = sigmoid(logit). Follows from the seed.
std::vector<std::uint8_t> sample_actions(std::span<const float> logits, std::uint64_t seed);

/// The all-pieces rule: a word stays when every one of its pieces was kept; one without pieces
/// stays. word_of_piece [num_pieces], num_words and above: none.
std::vector<std::uint8_t> words_of_actions(std::span<const std::uint8_t> actions,
                                           std::span<const std::uint32_t> word_of_piece,
                                           std::size_t num_words);

/// loss = (-advantage sum_i log P(a_i) - entropy_weight sum_i H(p_i)) / num_pieces; with p =
/// sigmoid(logit), logit = keep logit - drop logit. Overwrites dlogits; gives the loss. The
/// released script divides by all positions, padding too; here there is none.
double taco_loss(std::span<const float> logits, std::span<const std::uint8_t> actions,
                 double advantage, double entropy_weight, std::span<float> dlogits);

/// The bridge from the supervised policy: the shift s with mean over all logits of sigmoid(logit +
/// s) = rate. Without it nearly every sample falls outside the gate.
double bias_bridge(std::span<const float> logits, double rate);

/// The same under the all-pieces rule: the shift at which the expected cost of the words that stay
/// is rate times all of it. Words of several pieces stay less often than their pieces do.
/// word_of_piece as in words_of_actions; cost [num_words].
double bias_bridge(std::span<const float> logits, std::span<const std::uint32_t> word_of_piece,
                   std::span<const float> cost, double rate);

}  // namespace pith
