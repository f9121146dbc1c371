#include "stages/reward/exploration_band.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "stages/network/counter_random.h"

namespace pith {
namespace {

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

double keep_prob(double logit, double threshold, const BandOptions& options) {
  return std::clamp(sigmoid((logit - threshold) / options.temperature), options.prob_min,
                    options.prob_max);
}

/// Byte of luck of the band's i-th word: it stays below its propensity.
unsigned luck_of(std::uint64_t seed, std::size_t i, bool antithetic) {
  const auto luck = static_cast<unsigned>(random_bits(seed, i) & 0xFFU);
  return antithetic ? 255 - luck : luck;
}

/// Places of the words that may go, the highest logit first; ties: the earlier word.
std::vector<std::uint32_t> free_words(const WordScores& scores) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < scores.logit.size(); ++i) {
    if (scores.fixed[i] == 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return scores.logit[a] > scores.logit[b];
  });
  return order;
}

/// The threshold at which the band's expected cost is `budget`: it falls as the threshold rises.
double balanced_threshold(const WordScores& scores, std::span<const std::uint32_t> words,
                          double budget, const BandOptions& options) {
  const auto expected_cost = [&](double threshold) {
    double sum = 0;
    for (const std::uint32_t word : words) {
      sum += scores.cost[word] * keep_prob(scores.logit[word], threshold, options);
    }
    return sum;
  };
  double low = scores.logit[words.front()];
  double high = low;
  for (const std::uint32_t word : words) {
    low = std::min<double>(low, scores.logit[word]);
    high = std::max<double>(high, scores.logit[word]);
  }
  const double margin = 8.0 * options.temperature;  // beyond it every word is at a clamp
  low -= margin;
  high += margin;
  constexpr int kSteps = 60;
  for (int step = 0; step < kSteps; ++step) {
    const double middle = 0.5 * (low + high);
    (expected_cost(middle) > budget ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace

ExplorationBand exploration_band(const WordScores& scores, const BandOptions& options) {
  const std::size_t num_words = scores.logit.size();
  assert(scores.cost.size() == num_words && scores.fixed.size() == num_words);
  ExplorationBand band;
  band.greedy.assign(scores.fixed.begin(), scores.fixed.end());
  const double budget = options.rate * std::accumulate(scores.cost.begin(), scores.cost.end(), 0.0);
  double kept_cost = 0;
  for (std::size_t i = 0; i < num_words; ++i) {
    if (scores.fixed[i] != 0) kept_cost += scores.cost[i];
  }
  const std::vector<std::uint32_t> order = free_words(scores);
  std::size_t num_kept = 0;
  while (num_kept < order.size() && kept_cost + scores.cost[order[num_kept]] <= budget) {
    kept_cost += scores.cost[order[num_kept]];
    band.greedy[order[num_kept++]] = 1;
  }
  if (order.empty()) return band;
  const double last_in = scores.logit[order[num_kept > 0 ? num_kept - 1 : 0]];
  const double first_out = scores.logit[order[std::min(num_kept, order.size() - 1)]];
  const double greedy_threshold = 0.5 * (last_in + first_out);

  const auto distance = [&](std::uint32_t word) {
    return std::abs(scores.logit[word] - greedy_threshold);
  };
  for (const std::uint32_t word : order) {
    if (distance(word) <= 2.0 * options.temperature) band.words.push_back(word);
  }
  std::stable_sort(band.words.begin(), band.words.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return distance(a) < distance(b); });
  if (band.words.size() > options.words_max) band.words.resize(options.words_max);
  std::sort(band.words.begin(), band.words.end());
  if (band.words.empty()) return band;

  for (const std::uint32_t word : band.words) {
    if (band.greedy[word] != 0) kept_cost -= scores.cost[word];
  }
  band.threshold = balanced_threshold(scores, band.words, budget - kept_cost, options);
  for (const std::uint32_t word : band.words) {
    const double prob = keep_prob(scores.logit[word], band.threshold, options);
    band.prob.push_back(prob);
    band.propensity.push_back(
        static_cast<std::uint8_t>(std::clamp<long>(std::lround(256.0 * prob), 13, 243)));
  }
  return band;
}

std::vector<std::uint8_t> draw(const ExplorationBand& band, std::uint64_t seed, bool antithetic) {
  std::vector<std::uint8_t> kept = band.greedy;
  for (std::size_t i = 0; i < band.words.size(); ++i) {
    kept[band.words[i]] = luck_of(seed, i, antithetic) < band.propensity[i] ? 1 : 0;
  }
  return kept;
}

std::vector<float> drawn_order(const ExplorationBand& band, const WordScores& scores,
                               double temperature, std::uint64_t seed, bool antithetic) {
  constexpr double kOutside = 1000.0;
  std::vector<float> order(band.greedy.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double z = (scores.logit[i] - band.threshold) / temperature;
    order[i] = static_cast<float>(band.greedy[i] != 0 ? kOutside + z : z - kOutside);
  }
  // A logistic number is added to the logit: it is above 0 with chance k / 256.
  const auto logit = [](double share) { return std::log(share / (1.0 - share)); };
  for (std::size_t i = 0; i < band.words.size(); ++i) {
    const double luck = (luck_of(seed, i, antithetic) + 0.5) / 256.0;
    order[band.words[i]] = static_cast<float>(logit(band.propensity[i] / 256.0) - logit(luck));
  }
  return order;
}

}  // namespace pith
