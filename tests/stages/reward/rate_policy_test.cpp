#include "stages/reward/rate_policy.h"

#include <gtest/gtest.h>

#include <functional>

#include "stages/network/counter_random.h"

namespace pith {
namespace {

constexpr std::size_t kWords = 9;
constexpr double kRate = 0.3;
constexpr double kTemperature = 0.7;

std::vector<float> random_scores(std::uint64_t seed) {
  std::vector<float> z;
  for (std::size_t i = 0; i < kWords; ++i) z.push_back(2.0F * normal_number(seed, i));
  return z;
}

std::vector<float> costs() {
  std::vector<float> cost;
  for (std::size_t i = 0; i < kWords; ++i) cost.push_back(static_cast<float>(1 + i % 3));
  return cost;
}

RatePolicy policy_of(const std::vector<float>& z) {
  return rate_policy(z, costs(), kRate, kTemperature);
}

TEST(RatePolicy, ExpectedCostIsTheBudgetAndAShiftChangesNothing) {
  std::vector<float> z = random_scores(1);
  const RatePolicy policy = policy_of(z);
  double expected = 0;
  for (std::size_t i = 0; i < kWords; ++i) expected += costs()[i] * policy.prob[i];
  EXPECT_NEAR(expected, kRate * 18, 1e-9);
  for (float& value : z) value += 5.0F;
  const RatePolicy shifted = policy_of(z);
  for (std::size_t i = 0; i < kWords; ++i) EXPECT_NEAR(shifted.prob[i], policy.prob[i], 1e-6);
}

/// The gradient that `term` adds, against central differences of its value: the threshold is
/// solved anew for every score.
void expect_gradient(
    const std::function<double(const RatePolicy&, double scale, std::span<float>)>& term) {
  const std::vector<float> z = random_scores(1);
  std::vector<float> dz(kWords, 1.0F);  // It adds.
  term(policy_of(z), 2.0, dz);
  std::vector<float> nowhere(kWords);
  for (std::size_t i = 0; i < kWords; ++i) {
    constexpr float kStep = 1.0F / 256.0F;
    std::vector<float> up = z;
    std::vector<float> down = z;
    up[i] += kStep;
    down[i] -= kStep;
    const double slope = (term(policy_of(up), 0, nowhere) - term(policy_of(down), 0, nowhere)) /
                         (static_cast<double>(up[i]) - static_cast<double>(down[i]));
    EXPECT_NEAR(dz[i], 1.0 + 2.0 * slope, 2e-4) << i;
  }
}

TEST(RatePolicy, DivergenceGradientMatchesCentralDifference) {
  const RatePolicy reference = policy_of(random_scores(2));
  expect_gradient([&](const RatePolicy& policy, double scale, std::span<float> dz) {
    return kl_divergence(policy, reference, costs(), kTemperature, scale, dz);
  });
}

TEST(RatePolicy, EntropyGradientMatchesCentralDifference) {
  expect_gradient([&](const RatePolicy& policy, double scale, std::span<float> dz) {
    return entropy(policy, costs(), kTemperature, scale, dz);
  });
}

TEST(RatePolicy, DivergenceFromItselfIsNothingAndElsewherePositive) {
  const RatePolicy policy = policy_of(random_scores(1));
  std::vector<float> dz(kWords);
  EXPECT_NEAR(kl_divergence(policy, policy, costs(), kTemperature, 1, dz), 0.0, 1e-12);
  for (const float slope : dz) EXPECT_NEAR(slope, 0.0F, 1e-6F);
  EXPECT_GT(kl_divergence(policy, policy_of(random_scores(2)), costs(), kTemperature, 0, dz), 0.1);
}

}  // namespace
}  // namespace pith
