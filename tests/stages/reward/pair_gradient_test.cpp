#include "stages/reward/pair_gradient.h"

#include <gtest/gtest.h>

#include <cmath>

#include "stages/reward/baselines.h"
#include "stages/reward/rate_policy.h"

namespace pith {
namespace {

constexpr std::size_t kWords = 5;
const std::vector<float> kCost = {1, 2, 1, 3, 1};
constexpr double kRate = 0.45;
constexpr double kTemperature = 0.8;

/// A reward in which words help each other.
double reward(const std::vector<std::uint8_t>& kept) {
  return 0.2 * kept[0] + 0.7 * kept[1] * kept[3] - 0.4 * kept[2] * kept[4] + 0.3 * kept[3];
}

std::vector<std::uint8_t> bits(unsigned number) {
  std::vector<std::uint8_t> kept;
  for (std::size_t i = 0; i < kWords; ++i) kept.push_back(number >> i & 1U);
  return kept;
}

double expected_reward(const std::vector<float>& z) {
  const RatePolicy policy = rate_policy(z, kCost, kRate, kTemperature);
  double sum = 0;
  for (unsigned number = 0; number < 1U << kWords; ++number) {
    const auto kept = bits(number);
    double chance = 1;
    for (std::size_t i = 0; i < kWords; ++i) {
      chance *= kept[i] != 0 ? policy.prob[i] : 1 - policy.prob[i];
    }
    sum += chance * reward(kept);
  }
  return sum;
}

// Goal: over all pairs that opposite luck can give, the mean is the gradient of the expected
// reward at constant expected cost. Method: all 3^5 outcomes; central differences.
TEST(PairGradient, ItsMeanIsTheGradientWhateverTheReward) {
  const std::vector<float> z = {0.3F, -0.4F, 1.1F, 0.2F, -0.9F};
  const RatePolicy policy = rate_policy(z, kCost, kRate, kTemperature);
  BandGradientOptions options;
  options.temperature = kTemperature;
  std::vector<double> mean(kWords);
  unsigned outcomes = 1;
  for (std::size_t i = 0; i < kWords; ++i) outcomes *= 3;
  for (unsigned outcome = 0; outcome < outcomes; ++outcome) {
    std::vector<std::uint8_t> kept(kWords);
    std::vector<std::uint8_t> opposite(kWords);
    double chance = 1;
    unsigned rest = outcome;
    for (std::size_t i = 0; i < kWords; ++i, rest /= 3) {
      const double p = policy.prob[i];
      const double apart = std::min(p, 1 - p);
      kept[i] = rest % 3 == 0 || (rest % 3 == 2 && p > 0.5) ? 1 : 0;
      opposite[i] = rest % 3 == 1 || (rest % 3 == 2 && p > 0.5) ? 1 : 0;
      chance *= rest % 3 == 2 ? 1 - 2 * apart : apart;
    }
    const auto gradient = pair_gradient({kept, opposite, policy.prob, kCost},
                                        0.5 * (reward(kept) - reward(opposite)), options);
    for (std::size_t i = 0; i < kWords; ++i) mean[i] += chance * gradient[i];
  }
  for (std::size_t i = 0; i < kWords; ++i) {
    constexpr float kStep = 1.0F / 128.0F;
    std::vector<float> up = z;
    std::vector<float> down = z;
    up[i] += kStep;
    down[i] -= kStep;
    const double slope = (expected_reward(up) - expected_reward(down)) /
                         (static_cast<double>(up[i]) - static_cast<double>(down[i]));
    EXPECT_NEAR(mean[i] * std::sqrt(double{kWords}), slope, 1e-5) << i;
  }
}

TEST(PairGradient, WordsThatDidNotDifferHaveNoCreditOfTheirOwn) {
  const std::vector<std::uint8_t> kept = {1, 1, 0};
  const std::vector<std::uint8_t> opposite = {0, 1, 0};
  const std::vector<double> prob = {0.5, 0.5, 0.5};
  const std::vector<float> cost = {0, 0, 1};  // Free words do not move the threshold.
  const auto gradient = pair_gradient({kept, opposite, prob, cost}, 1.0, {});
  EXPECT_GT(gradient[0], 0.0);
  EXPECT_EQ(gradient[1], 0.0);
  EXPECT_LT(gradient[2], 0.0);  // Through the threshold alone.

  const auto fixed = pair_gradient({kept, opposite, prob, cost}, 1.0, {.through_threshold = false});
  EXPECT_EQ(fixed[0], gradient[0]);
  EXPECT_EQ(fixed[2], 0.0);
}

TEST(Baselines, LeaveOneOutComparesWithTheOthers) {
  const std::vector<double> rewards = {1, 0, 0.5};
  EXPECT_EQ(leave_one_out(rewards), (std::vector<double>{0.75, -0.75, 0}));
  const std::vector<double> alone = {0.7};
  EXPECT_EQ(leave_one_out(alone), std::vector<double>{0});
}

TEST(Baselines, TheMovingMeanStartsAtNothingAndForgets) {
  MovingBaseline baseline(2, 0.1);
  EXPECT_EQ(baseline.of(0), 0.0);
  for (int i = 0; i < 50; ++i) baseline.add(0, 0.8);
  EXPECT_NEAR(baseline.of(0), 0.4, 1e-9);
  for (int i = 0; i < 500; ++i) baseline.add(0, 0.2);
  EXPECT_NEAR(baseline.of(0), 0.2 * 550 / 600, 1e-9);
  EXPECT_EQ(baseline.of(1), 0.0);
}

TEST(Baselines, AdvantagesAreInUnitsOfTheSpreadAndBounded) {
  const std::vector<double> rewards = {0, 1, 0, 1};
  EXPECT_EQ(reward_deviation(rewards), 0.5);
  EXPECT_EQ(scaled_advantage(0.25, 0.5), 0.5);
  EXPECT_EQ(scaled_advantage(-1.0, 0.05), -3.0);
  const std::vector<double> same = {0.3, 0.3};
  EXPECT_EQ(reward_deviation(same), 0.05);
}

}  // namespace
}  // namespace pith
