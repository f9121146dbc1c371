// Backward passes against central differences of their forward passes.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "stages/network/layers/attention.h"
#include "stages/network/layers/dropout.h"
#include "stages/network/layers/gelu.h"
#include "stages/network/layers/layer_norm.h"
#include "stages/network/layers/linear.h"
#include "tests/stages/network/seeded_numbers.h"

namespace pith {
namespace {

/// dL/dx with L = sum(dy f(x)), number by number.
std::vector<float> central_difference(std::vector<float> x, const std::vector<float>& dy,
                                      const std::function<std::vector<float>()>& f,
                                      std::vector<float>& variable) {
  constexpr float kStep = 1e-2F;
  std::vector<float> gradient(x.size());
  const auto loss = [&] {
    const auto y = f();
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += static_cast<double>(y[i]) * dy[i];
    return sum;
  };
  for (std::size_t i = 0; i < x.size(); ++i) {
    variable[i] = x[i] + kStep;
    const double above = loss();
    variable[i] = x[i] - kStep;
    const double below = loss();
    variable[i] = x[i];
    gradient[i] = static_cast<float>((above - below) / (2.0 * kStep));
  }
  return gradient;
}

void expect_near(const std::vector<float>& actual, const std::vector<float>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    EXPECT_NEAR(actual[i], expected[i], 2e-3F * std::max(1.0F, std::abs(expected[i]))) << i;
  }
}

TEST(GeluBackward, MatchesCentralDifference) {
  std::vector<float> x = seeded_numbers(37, 2.0F, 1);
  const auto dy = seeded_numbers(37, 1.0F, 2);
  const auto forward = [&] {
    std::vector<float> y = x;
    gelu_forward(y);
    return y;
  };
  std::vector<float> dx = dy;
  gelu_backward(x, dx);
  expect_near(dx, central_difference(x, dy, forward, x));
}

TEST(LayerNormBackward, MatchesCentralDifference) {
  const std::size_t width = 24;
  std::vector<float> x = seeded_numbers(3 * width, 1.0F, 1);
  std::vector<float> gain = seeded_numbers(width, 1.0F, 2);
  std::vector<float> bias = seeded_numbers(width, 1.0F, 3);
  const auto dy = seeded_numbers(3 * width, 1.0F, 4);
  const auto forward = [&] {
    std::vector<float> y(x.size());
    layer_norm_forward(x.data(), 3, {gain, bias, 1e-5F}, y.data());
    return y;
  };
  std::vector<float> dx = dy;  // in place
  std::vector<float> dgain(width, 1.0F);
  std::vector<float> dbias(width, 2.0F);
  layer_norm_backward(x.data(), dx.data(), 3, {gain, bias, 1e-5F}, dx.data(), dgain.data(),
                      dbias.data());
  for (float& value : dgain) value -= 1.0F;  // it adds
  for (float& value : dbias) value -= 2.0F;
  expect_near(dx, central_difference(x, dy, forward, x));
  expect_near(dgain, central_difference(gain, dy, forward, gain));
  expect_near(dbias, central_difference(bias, dy, forward, bias));
}

TEST(LinearBackward, MatchesCentralDifference) {
  std::vector<float> x = seeded_numbers(3 * 4, 1.0F, 1);
  std::vector<float> weight = seeded_numbers(5 * 4, 1.0F, 2);
  std::vector<float> bias = seeded_numbers(5, 1.0F, 3);
  const auto dy = seeded_numbers(3 * 5, 1.0F, 4);
  const auto forward = [&] {
    std::vector<float> y(3 * 5);
    linear_forward(matrix(std::as_const(x).data(), 3, 4),
                   matrix(std::as_const(weight).data(), 5, 4), bias.data(), matrix(y.data(), 3, 5));
    return y;
  };
  std::vector<float> dx(x.size());
  std::vector<float> dweight(weight.size());
  std::vector<float> dbias(bias.size());
  linear_backward(matrix(dy.data(), 3, 5), matrix(std::as_const(x).data(), 3, 4),
                  matrix(std::as_const(weight).data(), 5, 4), matrix(dx.data(), 3, 4),
                  matrix(dweight.data(), 5, 4), dbias.data());
  expect_near(dx, central_difference(x, dy, forward, x));
  expect_near(dweight, central_difference(weight, dy, forward, weight));
  expect_near(dbias, central_difference(bias, dy, forward, bias));
}

TEST(AttentionBackward, MatchesCentralDifference) {
  const AttentionShape shape = {2, 4};
  const std::size_t length = 5;
  std::vector<float> qkv = seeded_numbers(length * 24, 1.0F, 1);
  const auto dy = seeded_numbers(length * 8, 1.0F, 2);
  AlignedBuffer<float> weights(2 * length * attention_stride(length));
  const auto forward = [&] {
    std::vector<float> y(length * 8);
    attention_forward_keeping(qkv.data(), length, shape, weights.data(), y.data());
    return y;
  };
  const auto y = forward();
  AttentionMemory memory;
  std::vector<float> plain(y.size());
  attention_forward(qkv.data(), length, shape, memory, plain.data());
  expect_near(y, plain);
  std::vector<float> dqkv(qkv.size());
  attention_backward(dy.data(), qkv.data(), weights.data(), length, shape, memory, dqkv.data());
  expect_near(dqkv, central_difference(qkv, dy, forward, qkv));
}

TEST(Dropout, MaskFollowsFromTheSeedAndKeepsTheMean) {
  std::vector<float> x(100'000, 1.0F);
  std::vector<float> again = x;
  std::vector<float> other = x;
  dropout(7, 0.1F, x);
  dropout(7, 0.1F, again);
  dropout(8, 0.1F, other);
  EXPECT_EQ(x, again);
  EXPECT_NE(x, other);
  double sum = 0;
  std::size_t dropped = 0;
  for (const float value : x) {
    sum += value;
    if (value == 0.0F) ++dropped;
  }
  EXPECT_NEAR(sum / 1e5, 1.0, 0.01);
  EXPECT_NEAR(static_cast<double>(dropped) / 1e5, 0.1, 0.005);
}

}  // namespace
}  // namespace pith
