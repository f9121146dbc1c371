#include "stages/reward/metrics/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace pith {
namespace {

std::vector<double> ones_and_zeros(std::size_t ones, std::size_t zeros) {
  std::vector<double> values(ones + zeros, 0.0);
  std::fill_n(values.begin(), ones, 1.0);
  return values;
}

TEST(Resample, DrawsEveryItemAboutOnce) {
  std::vector<int> seen(10, 0);
  for (std::uint32_t draw = 0; draw < 1000; ++draw) {
    for (const std::uint32_t item : resample(7, draw, 10)) ++seen.at(item);
  }
  // Binomial(10000, 0.1): mean 1000, deviation 30.
  for (const int times : seen) EXPECT_NEAR(times, 1000, 150);
  EXPECT_EQ(resample(7, 3, 10), resample(7, 3, 10));
  EXPECT_NE(resample(7, 3, 10), resample(8, 3, 10));
}

// The mean of n draws from 0 and 1 has deviation sqrt(p (1 - p) / n), and for n = 400 a normal
// distribution: 95 % within 1.96 deviations.
TEST(BootstrapMean, IntervalIsAsWideAsTheory) {
  const Interval found =
      bootstrap_mean(ones_and_zeros(120, 280), {}, {.draws = 4000, .coverage = 0.95, .seed = 1});
  EXPECT_DOUBLE_EQ(found.value, 0.3);
  EXPECT_NEAR(found.high - found.low, 2 * 1.96 * std::sqrt(0.3 * 0.7 / 400), 0.006);
  EXPECT_NEAR((found.high + found.low) / 2, 0.3, 0.005);
}

TEST(BootstrapMean, CopiesInAGroupTellNothingNew) {
  const std::vector<double> alone = ones_and_zeros(12, 28);
  std::vector<double> copied;
  std::vector<std::uint32_t> groups;
  for (std::uint32_t i = 0; i < alone.size(); ++i) {
    copied.insert(copied.end(), 5, alone[i]);
    groups.insert(groups.end(), 5, i);
  }
  const BootstrapOptions options{.draws = 500, .coverage = 0.9, .seed = 3};
  const Interval expected = bootstrap_mean(alone, {}, options);
  const Interval found = bootstrap_mean(copied, groups, options);
  EXPECT_NEAR(found.low, expected.low, 1e-12);
  EXPECT_NEAR(found.high, expected.high, 1e-12);
  EXPECT_LT(bootstrap_mean(copied, {}, options).high, found.high) << "apart they look surer";
}

TEST(PairedBootstrap, SeesASmallDifferenceBehindLargeSpread) {
  std::vector<double> a(100);
  std::iota(a.begin(), a.end(), 0.0);
  std::vector<double> b = a;
  for (std::size_t i = 0; i < b.size(); ++i) b[i] -= i % 2 == 0 ? 0.4 : 0.2;
  const BootstrapOptions options{.draws = 1000, .coverage = 0.95, .seed = 1};
  const PairedDifference found = paired_bootstrap(a, b, {}, options);
  EXPECT_NEAR(found.value, 0.3, 1e-12);
  EXPECT_GT(found.low, 0.27);
  EXPECT_LT(found.high, 0.33);
  EXPECT_DOUBLE_EQ(found.p_value, 2.0 / 1001.0);
  EXPECT_GT(bootstrap_mean(a, {}, options).high - bootstrap_mean(a, {}, options).low, 9.0);
}

TEST(PairedBootstrap, NoDifferenceHoldsZero) {
  const std::vector<double> a{1, 0, 1, 0, 1, 0};
  const std::vector<double> b{0, 1, 0, 1, 0, 1};
  const PairedDifference found = paired_bootstrap(a, b, {}, {});
  EXPECT_DOUBLE_EQ(found.value, 0.0);
  EXPECT_LT(found.low, 0.0);
  EXPECT_GT(found.high, 0.0);
  EXPECT_GT(found.p_value, 0.5);
  const PairedDifference same = paired_bootstrap(a, a, {}, {});
  EXPECT_DOUBLE_EQ(same.low, 0.0);
  EXPECT_DOUBLE_EQ(same.p_value, 1.0);
}

TEST(PairedBootstrap, OfAMeanByItemsIsTheSame) {
  const std::vector<double> a{3, 1, 4, 1, 5, 9, 2, 6};
  const std::vector<double> b{2, 7, 1, 8, 2, 8, 1, 8};
  const std::vector<std::uint32_t> groups{0, 0, 2, 2, 4, 5, 5, 5};
  const BootstrapOptions options{.draws = 200, .coverage = 0.95, .seed = 9};
  const PairedDifference means = paired_bootstrap(a, b, groups, options);
  const PairedDifference items = paired_bootstrap(
      8,
      [&](std::span<const std::uint32_t> drawn) {
        double sum = 0.0;
        for (const std::uint32_t i : drawn) sum += a[i] - b[i];
        return sum / static_cast<double>(drawn.size());
      },
      groups, options);
  EXPECT_NEAR(items.value, means.value, 1e-12);
  EXPECT_NEAR(items.low, means.low, 1e-12);
  EXPECT_NEAR(items.high, means.high, 1e-12);
  EXPECT_DOUBLE_EQ(items.p_value, means.p_value);
}

}  // namespace
}  // namespace pith
