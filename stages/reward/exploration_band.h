// Exploration at an exact rate: only the words near the threshold are drawn, with probabilities
// that keep the expected cost.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pith {

/// What a policy says of one text's words.
struct WordScores {
  std::span<const float> logit;         ///< z, [num_words]
  std::span<const float> cost;          ///< Reader tokens, [num_words], each >= 0.
  std::span<const std::uint8_t> fixed;  ///< [num_words]: 1 = stays whatever its logit.
};

struct BandOptions {
  double rate = 0.5;           ///< Share of the cost to keep, rho.
  std::size_t words_max = 16;  ///< M: 16 live, 64 where nobody waits.
  double temperature = 1.0;    ///< T
  double prob_min = 0.05;      ///< So that every drawn word has both forms.
  double prob_max = 0.95;
};

/// The words that are drawn, and how.
struct ExplorationBand {
  std::vector<std::uint32_t> words;  ///< Ascending places in the text.
  std::vector<double> prob;          ///< p of each: chance to stay.
  /// k of each: its propensity is k / 256, and that is what is drawn and logged.
  std::vector<std::uint8_t> propensity;
  double threshold = 0.0;            ///< t, where the expected cost is rate times all.
  std::vector<std::uint8_t> greedy;  ///< [num_words]: 1 = kept without exploration.
  bool empty() const { return words.empty(); }
};

/// Greedy: fixed words, then the highest logits while their cost fits into rate times all of it.
/// Band: of the words that are not fixed the words_max nearest to the greedy threshold, and no
/// farther than 2 T from it. p = clamp(sigmoid((z - t) / T)), t by bisection so that the expected
/// cost is the budget (as near as the clamps let it). k = round(256 p), within 13 and 243.
ExplorationBand exploration_band(const WordScores& scores, const BandOptions& options);

/// One draw: [num_words], 1 = kept. The greedy form outside the band; inside a word stays when byte
/// random_bits(seed, its index in the band) & 255 is below k. `antithetic`: 255 minus that byte
/// instead, the same marginals with the opposite luck.
std::vector<std::uint8_t> draw(const ExplorationBand& band, std::uint64_t seed,
                               bool antithetic = false);

/// The same draw as an order, [num_words], the highest first: what draw() keeps has more than 0. A
/// selection that fills a budget in this order cuts a drawn text where it would cut a served one;
/// the words that came nearest to the other form give way. `scores` and temperature: the band's.
std::vector<float> drawn_order(const ExplorationBand& band, const WordScores& scores,
                               double temperature, std::uint64_t seed, bool antithetic = false);

}  // namespace pith
