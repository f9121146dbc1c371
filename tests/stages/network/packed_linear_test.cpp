#include "stages/network/packed_linear.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "stages/network/one_thread.h"
#include "tests/stages/network/seeded_numbers.h"

namespace pith {
namespace {

constexpr std::size_t kRoom = 3 * MatmulPlan::kRowsMax;

struct Shape {
  std::size_t in, out;
};

PackedLinear seeded_linear(const Shape& shape, Precision precision) {
  return {std::make_shared<const MatmulPlan>(shape.in, shape.out, precision),
          seeded_numbers(shape.in * shape.out, 0.1F, 1), seeded_numbers(shape.out, 1.0F, 2)};
}

std::vector<float> forward(const PackedLinear& linear, const Shape& shape, std::vector<float> x,
                           std::size_t num_rows) {
  LinearMemory memory;
  x.resize(kRoom * shape.in);
  std::vector<float> y(kRoom * shape.out);
  use_one_thread();
  linear.forward(x.data(), num_rows, memory, y.data());
  y.resize(num_rows * shape.out);
  return y;
}

/// Largest difference to the product in double, as a share of the results' spread.
double error(const Shape& shape, Precision precision, std::size_t num_rows) {
  const auto x = seeded_numbers(num_rows * shape.in, 1.0F, 3);
  const auto weight = seeded_numbers(shape.in * shape.out, 0.1F, 1);
  const auto bias = seeded_numbers(shape.out, 1.0F, 2);
  const auto y = forward(seeded_linear(shape, precision), shape, x, num_rows);
  double worst = 0;
  for (std::size_t row = 0; row < num_rows; ++row) {
    for (std::size_t column = 0; column < shape.out; ++column) {
      double sum = bias[column];
      for (std::size_t k = 0; k < shape.in; ++k) {
        sum += static_cast<double>(x[row * shape.in + k]) * weight[column * shape.in + k];
      }
      worst = std::max(worst, std::abs(sum - y[row * shape.out + column]));
    }
  }
  return worst / (0.1 * std::sqrt(static_cast<double>(shape.in)));
}

const Shape kShapes[] = {{64, 192}, {64, 64}, {160, 64}, {37, 5}, {384, 1536}};

TEST(PackedLinear, IsTheProductAndTheBias) {
  for (const Shape& shape : kShapes) {
    EXPECT_LT(error(shape, Precision::kFloat32, 50), 1e-5) << shape.in << " to " << shape.out;
  }
}

TEST(PackedLinear, Int8IsWithinItsRounding) {
  for (const Shape& shape : kShapes) {
    const double worst = error(shape, Precision::kInt8, 50);
    EXPECT_LT(worst, 0.08) << shape.in << " to " << shape.out;
    EXPECT_GT(worst, 1e-4) << "that is not int8";
  }
}

TEST(PackedLinear, Bfloat16IsWithinItsRounding) {
  if (!cpu_has_bfloat16()) GTEST_SKIP() << "this CPU has no bfloat16";
  for (const Shape& shape : kShapes) {
    const double worst = error(shape, Precision::kBfloat16, 50);
    EXPECT_LT(worst, 0.02) << shape.in << " to " << shape.out;
    EXPECT_GT(worst, 1e-5) << "that is not bfloat16";
  }
}

/// Int8 sums of the largest numbers of both sides: what overflows 16 bits on CPUs without VNNI.
TEST(PackedLinear, Int8DoesNotSaturate) {
  const Shape shape = {512, 32};
  const std::vector<float> weight(shape.in * shape.out, 1.0F);
  const std::vector<float> bias(shape.out, 0.0F);
  const PackedLinear linear(
      std::make_shared<const MatmulPlan>(shape.in, shape.out, Precision::kInt8), weight, bias);
  const auto y = forward(linear, shape, std::vector<float>(4 * shape.in, 1.0F), 4);
  for (const float value : y) EXPECT_NEAR(value, 512.0F, 0.01F);
}

TEST(PackedLinear, ARowDependsOnThatRowAloneBitForBit) {
#if !defined(__x86_64__)
  GTEST_SKIP() << "the library's plain products round by a row's place";
#endif
  const Shape shape = {384, 96};
  for (const Precision precision : {Precision::kFloat32, Precision::kInt8}) {
    const PackedLinear linear = seeded_linear(shape, precision);
    const std::size_t num_rows = 2 * MatmulPlan::kRowsMax + 17;
    const auto x = seeded_numbers(num_rows * shape.in, 1.0F, 4);
    const auto together = forward(linear, shape, x, num_rows);
    for (const std::size_t count :
         {1U, 15U, 16U, 17U, 31U, 32U, 33U, 64U, 100U, 127U, 128U, 129U}) {
      const auto alone = forward(linear, shape, {x.begin(), x.begin() + count * shape.in}, count);
      ASSERT_EQ(0, std::memcmp(alone.data(), together.data(), alone.size() * sizeof(float)))
          << count << " rows, " << to_string(precision);
    }
    for (const std::size_t skipped : {1U, 5U, 16U, 50U, 120U}) {  // other places in the matrix
      const auto moved =
          forward(linear, shape, {x.begin() + skipped * shape.in, x.end()}, num_rows - skipped);
      ASSERT_EQ(0, std::memcmp(moved.data(), together.data() + skipped * shape.out,
                               moved.size() * sizeof(float)))
          << skipped << " rows left out, " << to_string(precision);
    }
  }
}

}  // namespace
}  // namespace pith
