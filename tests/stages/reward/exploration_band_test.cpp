#include "stages/reward/exploration_band.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "stages/network/counter_random.h"
#include "stages/reward/band_gradient.h"

namespace pith {
namespace {

struct Words {
  std::vector<float> logit, cost;
  std::vector<std::uint8_t> fixed;
  WordScores scores() const { return {logit, cost, fixed}; }
};

Words random_words(std::size_t count, std::uint64_t seed) {
  Words words;
  for (std::size_t i = 0; i < count; ++i) {
    words.logit.push_back(normal_number(seed, i));
    words.cost.push_back(static_cast<float>(1 + random_bits(seed + 1, i) % 4));
    words.fixed.push_back(random_bits(seed + 2, i) % 10 == 0 ? 1 : 0);
  }
  return words;
}

double total(const std::vector<float>& cost) {
  return std::accumulate(cost.begin(), cost.end(), 0.0);
}

TEST(ExplorationBand, ExpectedCostIsTheBudget) {
  for (std::uint64_t seed = 1; seed < 30; ++seed) {
    const Words words = random_words(200, seed);
    for (const double rate : {0.3, 0.5, 0.7}) {
      BandOptions options;
      options.rate = rate;
      const ExplorationBand band = exploration_band(words.scores(), options);
      ASSERT_EQ(band.words.size(), 16U);
      double expected = 0;
      for (std::size_t i = 0; i < 200; ++i) expected += band.greedy[i] * words.cost[i];
      for (std::size_t i = 0; i < band.words.size(); ++i) {
        const std::uint32_t word = band.words[i];
        EXPECT_EQ(words.fixed[word], 0);
        expected += (band.prob[i] - band.greedy[word]) * words.cost[word];
        EXPECT_NEAR(band.propensity[i] / 256.0, band.prob[i], 0.5 / 256 + 0.002);
      }
      EXPECT_NEAR(expected, rate * total(words.cost), 1e-6);
    }
  }
}

TEST(ExplorationBand, GreedyKeepsTheHighestThatFitAndAllThatIsFixed) {
  const Words words = {{3, 1, 2, -1, 5}, {1, 1, 1, 1, 1}, {0, 0, 0, 1, 0}};
  BandOptions options;
  options.rate = 0.6;
  const ExplorationBand band = exploration_band(words.scores(), options);
  EXPECT_EQ(band.greedy, (std::vector<std::uint8_t>{1, 0, 0, 1, 1}));
}

TEST(ExplorationBand, DrawsHaveTheirPropensitiesAndOppositeLuckIsOpposite) {
  const Words words = random_words(60, 3);
  const ExplorationBand band = exploration_band(words.scores(), {});
  ASSERT_FALSE(band.empty());
  constexpr int kDraws = 20'000;
  std::vector<double> kept(band.words.size());
  std::vector<double> opposite(band.words.size());
  for (int i = 0; i < kDraws; ++i) {
    const auto one = draw(band, static_cast<std::uint64_t>(i));
    const auto other = draw(band, static_cast<std::uint64_t>(i), true);
    for (std::size_t k = 0; k < band.words.size(); ++k) {
      kept[k] += one[band.words[k]];
      opposite[k] += other[band.words[k]];
    }
  }
  for (std::size_t k = 0; k < band.words.size(); ++k) {
    EXPECT_NEAR(kept[k] / kDraws, band.propensity[k] / 256.0, 0.015);
    EXPECT_NEAR(opposite[k] / kDraws, band.propensity[k] / 256.0, 0.015);
  }
  EXPECT_EQ(draw(band, 5), draw(band, 5));
  for (std::uint32_t word = 0; word < 60; ++word) {
    if (std::find(band.words.begin(), band.words.end(), word) == band.words.end()) {
      EXPECT_EQ(draw(band, 5)[word], band.greedy[word]);
    }
  }
}

TEST(ExplorationBand, TheOrderOfADrawBeginsWithWhatItKeeps) {
  const Words words = random_words(80, 4);
  const ExplorationBand band = exploration_band(words.scores(), {});
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    for (const bool antithetic : {false, true}) {
      const auto kept = draw(band, seed, antithetic);
      const auto order = drawn_order(band, words.scores(), 1.0, seed, antithetic);
      for (std::size_t i = 0; i < 80; ++i) EXPECT_EQ(order[i] > 0, kept[i] == 1) << i;
    }
  }
}

TEST(ExplorationBand, NothingToDrawIsEmpty) {
  const Words all_fixed = {{1, 2}, {1, 1}, {1, 1}};
  EXPECT_TRUE(exploration_band(all_fixed.scores(), {}).empty());
  EXPECT_TRUE(exploration_band({}, {}).empty());
}

/// log of the chance of `kept` when the logits of the band's words are `z`: thresholds are solved
/// anew, so that the expected cost stays what it was.
double log_prob(const std::vector<double>& z, const std::vector<float>& cost,
                const std::vector<std::uint8_t>& kept, double budget) {
  const auto prob = [&](std::size_t i, double threshold) {
    return 1.0 / (1.0 + std::exp(-(z[i] - threshold)));
  };
  double low = -50;
  double high = 50;
  for (int step = 0; step < 200; ++step) {
    const double middle = 0.5 * (low + high);
    double sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i) sum += cost[i] * prob(i, middle);
    (sum > budget ? low : high) = middle;
  }
  double sum = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double p = prob(i, 0.5 * (low + high));
    sum += std::log(kept[i] != 0 ? p : 1.0 - p);
  }
  return sum;
}

// Goal: the gradient is that of the log-probability of a draw at constant expected cost. Method:
// central differences with the threshold solved anew.
TEST(BandGradient, MatchesCentralDifferenceThroughTheThreshold) {
  std::vector<double> z;
  std::vector<float> cost;
  std::vector<std::uint8_t> kept;
  std::vector<std::uint8_t> propensity;
  std::vector<double> prob;
  double budget = 0;
  for (std::size_t i = 0; i < 12; ++i) {
    z.push_back(normal_number(4, i));
    cost.push_back(static_cast<float>(1 + i % 3));
    kept.push_back(i % 2);
    prob.push_back(1.0 / (1.0 + std::exp(-z[i])));
    propensity.push_back(static_cast<std::uint8_t>(std::lround(256 * prob[i])));
    budget += cost[i] * prob[i];
  }
  BandGradientOptions options;
  options.prob_min = 0;
  options.prob_max = 1;
  options.staleness = Staleness::kNone;
  const auto gradient = band_gradient({kept, propensity, prob, cost}, 1.0, options);
  double without_threshold = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    constexpr double kStep = 1e-5;
    auto moved = z;
    moved[i] += kStep;
    const double above = log_prob(moved, cost, kept, budget);
    moved[i] -= 2 * kStep;
    const double below = log_prob(moved, cost, kept, budget);
    const double expected = (above - below) / (2 * kStep);
    EXPECT_NEAR(gradient[i] * std::sqrt(12.0), expected, 1e-8);
    without_threshold = std::max(without_threshold, std::abs(kept[i] - prob[i] - expected));
  }
  EXPECT_GT(without_threshold, 1e-3) << "the second part would not be needed";
}

TEST(BandGradient, WeightsAreCappedPerWordAndClampedWordsAreLeftAlone) {
  const std::vector<std::uint8_t> kept = {1, 0, 1};
  const std::vector<std::uint8_t> propensity = {13, 128, 128};
  const std::vector<double> prob = {0.9, 0.5, 0.95};
  const std::vector<float> cost = {1, 0, 1};  // the second costs nothing: it moves no threshold
  const auto gradient = band_gradient({kept, propensity, prob, cost}, 2.0, {});
  EXPECT_EQ(gradient[2], 0.0) << "at the clamp";
  // Weight min(0.9 / (13/256), 2) = 2: error 2 * 0.1; its share of the threshold is all of it.
  const double first = 2.0 * (1.0 - 0.9);
  const double second = -0.5;
  EXPECT_NEAR(gradient[0], 2.0 / std::sqrt(3.0) * (first - (first + second)), 1e-12);
  EXPECT_NEAR(gradient[1], 2.0 / std::sqrt(3.0) * second, 1e-12);
}

}  // namespace
}  // namespace pith
