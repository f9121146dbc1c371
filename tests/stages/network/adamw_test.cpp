#include "stages/network/adamw.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "stages/network/learning_rate.h"
#include "tests/stages/network/seeded_numbers.h"

namespace pith {
namespace {

ParameterLayout two_tensors() {
  ParameterLayout layout;
  layout.add("matrix", {3}, true);
  layout.add("bias", {2}, false);
  return layout;
}

// Goal: three updates are those of the algorithm. Method: the algorithm, in double, number by
// number.
TEST(AdamW, IsTheAlgorithm) {
  const AdamWOptions options = {0.9F, 0.99F, 1e-6F, 0.1F, 0.0F};
  AdamW optimizer(two_tensors(), options);
  std::vector<float> parameters = {1.0F, -2.0F, 0.5F, 3.0F, 0.0F};
  std::vector<double> expected(parameters.begin(), parameters.end());
  std::vector<double> first(5);
  std::vector<double> second(5);
  for (int step = 1; step <= 3; ++step) {
    const auto gradients = seeded_numbers(5, 1.0F, static_cast<std::uint64_t>(step));
    const float norm = optimizer.step(parameters, gradients, 0.01F);
    double squares = 0;
    for (std::size_t i = 0; i < 5; ++i) {
      const double gradient = gradients[i];
      squares += gradient * gradient;
      first[i] = 0.9 * first[i] + 0.1 * gradient;
      second[i] = 0.99 * second[i] + 0.01 * gradient * gradient;
      const double update = first[i] / (1 - std::pow(0.9, step)) /
                            (std::sqrt(second[i] / (1 - std::pow(0.99, step))) + 1e-6);
      expected[i] -= 0.01 * update + (i < 3 ? 0.01 * 0.1 * expected[i] : 0.0);
      EXPECT_NEAR(parameters[i], expected[i], 1e-5) << "step " << step << ", number " << i;
    }
    EXPECT_NEAR(norm, std::sqrt(squares), 1e-5);
  }
}

TEST(AdamW, LongGradientsAreShortened) {
  AdamWOptions options;
  options.clip_norm = 1.0F;
  AdamW clipped(two_tensors(), options);
  AdamW short_one(two_tensors(), options);
  std::vector<float> a = {1, 1, 1, 1, 1};
  std::vector<float> b = a;
  EXPECT_NEAR(clipped.step(a, std::vector<float>{30, 0, 0, 40, 0}, 0.1F), 50.0F, 1e-4F);
  short_one.step(b, std::vector<float>{0.6F, 0, 0, 0.8F, 0}, 0.1F);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-6F);
}

TEST(AdamW, AGradientThatIsNotFiniteChangesNothing) {
  AdamW optimizer(two_tensors(), {});
  std::vector<float> parameters = {1, 2, 3, 4, 5};
  const auto before = parameters;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(
      std::isfinite(optimizer.step(parameters, std::vector<float>{0, nan, 0, 0, 0}, 1.0F)));
  EXPECT_EQ(parameters, before);
  EXPECT_EQ(optimizer.steps(), 1U);
}

TEST(LearningRate, RisesThenFallsAlongACosine) {
  const LearningRate rate = {1.0F, 10, 110, true};
  EXPECT_FLOAT_EQ(rate.at(0), 0.1F);
  EXPECT_FLOAT_EQ(rate.at(9), 1.0F);
  EXPECT_FLOAT_EQ(rate.at(10), 1.0F);
  EXPECT_NEAR(rate.at(60), 0.5F, 1e-6F);
  EXPECT_NEAR(rate.at(110), 0.0F, 1e-6F);
  EXPECT_FLOAT_EQ((LearningRate{1.0F, 10, 110, false}).at(100), 1.0F);
}

}  // namespace
}  // namespace pith
