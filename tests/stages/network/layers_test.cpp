// The kernels against slow, obvious twins, in every instruction set that the machine has.
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "stages/network/layers/attention.h"
#include "stages/network/layers/gelu.h"
#include "stages/network/layers/layer_norm.h"
#include "stages/network/layers/quantize.h"
#include "stages/network/precision.h"
#include "tests/stages/network/seeded_numbers.h"

namespace pith {
namespace {

/// Runs `body` once with each instruction set, the weakest included.
template <class Body>
void for_each_target(Body body) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
}

double gelu(double x) { return 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0))); }

TEST(Gelu, IsXTimesTheNormalDistribution) {
  std::vector<float> x;
  for (int i = -3000; i <= 3000; ++i) x.push_back(static_cast<float>(i) * 0.004F);
  x.insert(x.end(), {0.0F, -0.0F, 1e-30F, 60.0F, -60.0F, 1e6F, -1e6F});
  for_each_target([&] {
    std::vector<float> y = x;
    gelu_forward(y);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double limit = 3e-7 * std::max(1.0, std::abs(static_cast<double>(x[i])));
      ASSERT_NEAR(y[i], gelu(x[i]), limit) << "x=" << x[i];
    }
  });
}

TEST(Gelu, HasNoOpinionAboutItsNeighbours) {
  for (std::size_t size = 1; size < 70; ++size) {
    std::vector<float> y(size + 1, 1.0F);
    gelu_forward({y.data(), size});
    for (std::size_t i = 0; i < size; ++i) ASSERT_NEAR(y[i], 0.8413447F, 1e-6F);
    ASSERT_EQ(y[size], 1.0F);
  }
}

TEST(LayerNorm, IsTheFormula) {
  for (const std::size_t width : {1U, 7U, 16U, 64U, 100U, 1024U}) {
    const std::size_t num_rows = 3;
    const auto x = seeded_numbers(num_rows * width, 2.0F, 1);
    const auto residual = seeded_numbers(num_rows * width, 1.0F, 2);
    const auto gain = seeded_numbers(width, 1.0F, 3);
    const auto bias = seeded_numbers(width, 1.0F, 4);
    for_each_target([&] {
      std::vector<float> y(x.size());
      add_layer_norm_forward(x.data(), residual.data(), num_rows, {gain, bias, 1e-5F}, y.data());
      for (std::size_t row = 0; row < num_rows; ++row) {
        double mean = 0;
        double variance = 0;
        const auto sum = [&](std::size_t i) {
          return static_cast<double>(x[row * width + i]) + residual[row * width + i];
        };
        for (std::size_t i = 0; i < width; ++i) mean += sum(i) / static_cast<double>(width);
        for (std::size_t i = 0; i < width; ++i) {
          variance += (sum(i) - mean) * (sum(i) - mean) / static_cast<double>(width);
        }
        for (std::size_t i = 0; i < width; ++i) {
          const double expected = (sum(i) - mean) / std::sqrt(variance + 1e-5) * gain[i] + bias[i];
          ASSERT_NEAR(y[row * width + i], expected, 2e-5) << "width=" << width;
        }
      }
    });
  }
}

/// softmax(q k^T / sqrt(size)) v in double.
std::vector<double> slow_attention(const std::vector<float>& qkv, std::size_t length,
                                   const AttentionShape& shape) {
  const std::size_t width = shape.num_heads * shape.head_size;
  std::vector<double> y(length * width);
  const auto at = [&](std::size_t row, std::size_t part, std::size_t column) {
    return static_cast<double>(qkv[(row * 3 + part) * width + column]);
  };
  for (std::size_t head = 0; head < shape.num_heads; ++head) {
    for (std::size_t i = 0; i < length; ++i) {
      std::vector<double> weights(length);
      for (std::size_t j = 0; j < length; ++j) {
        for (std::size_t k = head * shape.head_size; k < (head + 1) * shape.head_size; ++k) {
          weights[j] += at(i, 0, k) * at(j, 1, k);
        }
        weights[j] /= std::sqrt(static_cast<double>(shape.head_size));
      }
      const double largest = *std::max_element(weights.begin(), weights.end());
      double sum = 0;
      for (double& weight : weights) sum += weight = std::exp(weight - largest);
      for (std::size_t k = head * shape.head_size; k < (head + 1) * shape.head_size; ++k) {
        for (std::size_t j = 0; j < length; ++j) y[i * width + k] += weights[j] / sum * at(j, 2, k);
      }
    }
  }
  return y;
}

struct AttentionCase {
  std::size_t length, num_heads, head_size;
  float deviation;
};
const AttentionCase kAttentionCases[] = {{1, 1, 8, 1.0F},   {2, 2, 5, 1.0F},   {13, 3, 16, 1.0F},
                                         {32, 2, 32, 1.0F}, {33, 1, 64, 3.0F}, {100, 2, 80, 1.0F},
                                         {65, 2, 32, 6.0F}};

template <class Attention>
void expect_near_slow_attention(Attention attention, double limit) {
  AttentionMemory memory;  // One for all: what a longer text left must not be seen.
  for (const auto& [length, num_heads, head_size, deviation] : kAttentionCases) {
    SCOPED_TRACE("length=" + std::to_string(length) + " head_size=" + std::to_string(head_size));
    const AttentionShape shape = {num_heads, head_size};
    const auto qkv = seeded_numbers(length * 3 * num_heads * head_size, deviation, 7);
    std::vector<float> y(length * num_heads * head_size);
    attention(qkv.data(), length, shape, memory, y.data());
    const auto expected = slow_attention(qkv, length, shape);
    for (std::size_t i = 0; i < y.size(); ++i) {
      ASSERT_NEAR(y[i], expected[i], limit * std::max(1.0F, deviation * deviation));
    }
  }
}

TEST(Attention, IsTheSoftmaxOfScaledProducts) {
  for_each_target([] { expect_near_slow_attention(attention_forward, 1e-5); });
}

TEST(Attention, InBfloat16IsNear) {
  if (!cpu_has_bfloat16()) GTEST_SKIP() << "this CPU has no bfloat16";
  AttentionMemory memory;
  for (const auto& [length, num_heads, head_size, deviation] : kAttentionCases) {
    if (deviation > 1.0F) continue;  // Scores of hundreds: one bit of them changes the winner.
    const AttentionShape shape = {num_heads, head_size};
    const auto qkv = seeded_numbers(length * 3 * num_heads * head_size, deviation, 7);
    std::vector<float> y(length * num_heads * head_size);
    attention_forward_bfloat16(qkv.data(), length, shape, memory, y.data());
    const auto expected = slow_attention(qkv, length, shape);
    for (std::size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], expected[i], 0.03);
  }
}

TEST(Quantize, RowsComeBackWithinHalfAStep) {
  const std::size_t width = 77;
  std::vector<float> x = seeded_numbers(4 * width, 1.0F, 5);
  std::fill(x.begin(), x.begin() + width, 0.0F);                                 // a row of zeros
  for (std::size_t i = width; i < 2 * width; ++i) x[i] = std::abs(x[i]) + 3.0F;  // one sign only
  for_each_target([&] {
    std::vector<std::uint8_t> q(x.size());
    std::vector<float> scale(4);
    std::vector<std::int32_t> zero(4);
    quantize_rows(x.data(), 4, width, q.data(), scale.data(), zero.data());
    EXPECT_EQ(scale[0], 0.0F);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t row = i / width;
      const float back = static_cast<float>(q[i] - zero[row]) * scale[row];
      ASSERT_NEAR(back, x[i], 0.501F * scale[row]);
    }
  });
}

TEST(Quantize, SumsComeBackScaledAndShifted) {
  const std::size_t width = 19;
  std::vector<std::int32_t> sums(2 * width);
  std::vector<std::int32_t> column_sum(width);
  std::vector<float> column_scale(width);
  std::vector<float> bias(width);
  for (std::size_t i = 0; i < width; ++i) {
    sums[i] = static_cast<std::int32_t>(i) * 1000 - 5000;
    sums[width + i] = 100'000'000 - static_cast<std::int32_t>(i);
    column_sum[i] = static_cast<std::int32_t>(i) * 10 - 50;
    column_scale[i] = 0.01F * static_cast<float>(i + 1);
    bias[i] = static_cast<float>(i);
  }
  const float scale[] = {0.5F, 0.001F};
  const std::int32_t zero[] = {128, 0};
  for_each_target([&] {
    std::vector<float> y(2 * width);
    dequantize_rows(sums.data(), 2, scale, zero, {column_scale, column_sum, bias}, y.data());
    for (std::size_t i = 0; i < y.size(); ++i) {
      const std::size_t row = i / width;
      const std::size_t column = i % width;
      const double expected = static_cast<double>(sums[i] - zero[row] * column_sum[column]) *
                                  scale[row] * column_scale[column] +
                              bias[column];
      ASSERT_NEAR(y[i], expected, 1e-6 * std::abs(expected) + 1e-5);
    }
  });
}

TEST(Quantize, Bfloat16RoundsToNearestEven) {
  const std::vector<float> x = {1.0F, 1.00390625F, 1.01171875F, -1.00392F, 3.1415927F, 0.0F};
  const std::vector<std::uint16_t> expected = {0x3F80, 0x3F80, 0x3F82, 0xBF81, 0x4049, 0x0000};
  for_each_target([&] {
    for (std::size_t repeat = 1; repeat < 8; ++repeat) {  // whole vectors and rests
      std::vector<float> many;
      for (std::size_t i = 0; i < repeat; ++i) many.insert(many.end(), x.begin(), x.end());
      std::vector<std::uint16_t> y(many.size());
      to_bfloat16(many, y.data());
      for (std::size_t i = 0; i < y.size(); ++i) ASSERT_EQ(y[i], expected[i % x.size()]);
    }
  });
}

}  // namespace
}  // namespace pith
