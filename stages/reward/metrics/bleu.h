// BLEU (Papineni et al. 2002, "BLEU: a Method for Automatic Evaluation of Machine Translation") as
// sacrebleu computes it (Post 2018, "A Call for Clarity in Reporting BLEU Scores"): 13a
// tokenisation, case kept, exponential smoothing.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/reward/metrics/ngrams.h"

namespace pith {

/// The tokenisation of mteval-v13a.
std::vector<std::string> bleu_words(std::string_view text);

/// What BLEU needs to know of a candidate. Sums of these are those of a corpus.
struct BleuCounts {
  std::array<std::uint64_t, kNgramMax> matched{};  ///< n-grams, clipped by the references' maximum.
  std::array<std::uint64_t, kNgramMax> total{};
  std::uint64_t candidate_words = 0;
  std::uint64_t reference_words = 0;  ///< Of the reference nearest in length, the shorter of two.

  BleuCounts& operator+=(const BleuCounts& other);
};
BleuCounts bleu_counts(std::string_view candidate, std::span<const std::string> references);

/// In [0, 100]. Orders without a match count as 1 / (2^k total) for the k-th such order;
/// nothing matched at all: 0. `effective_order`: only the orders that the candidate is long enough
/// for; sacrebleu has it on for sentences and off for a corpus.
double bleu(const BleuCounts& counts, bool effective_order);

/// bleu() of one candidate, effective order.
double sentence_bleu(std::string_view candidate, std::span<const std::string> references);

}  // namespace pith
