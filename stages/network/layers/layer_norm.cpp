#include "stages/network/layers/layer_norm.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "stages/network/layers/layer_norm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pith::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

/// One row; `residual` may be null. What does not fill a vector is done number by number.
HWY_INLINE void layer_norm_row(const float* x, const float* residual, std::size_t width,
                               const float* gain, const float* bias, float epsilon, float* y) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t whole = width / lanes * lanes;
  V sum = hn::Zero(d);
  float rest = 0.0F;
  for (std::size_t i = 0; i < whole; i += lanes) {
    V value = hn::LoadU(d, x + i);
    if (residual != nullptr) value = hn::Add(value, hn::LoadU(d, residual + i));
    hn::StoreU(value, d, y + i);
    sum = hn::Add(sum, value);
  }
  for (std::size_t i = whole; i < width; ++i) {
    y[i] = residual != nullptr ? x[i] + residual[i] : x[i];
    rest += y[i];
  }
  const auto count = static_cast<float>(width);
  const float mean = (hn::GetLane(hn::SumOfLanes(d, sum)) + rest) / count;
  const V means = hn::Set(d, mean);
  V squares = hn::Zero(d);
  rest = 0.0F;
  for (std::size_t i = 0; i < whole; i += lanes) {
    const V off = hn::Sub(hn::LoadU(d, y + i), means);
    squares = hn::MulAdd(off, off, squares);
  }
  for (std::size_t i = whole; i < width; ++i) rest += (y[i] - mean) * (y[i] - mean);
  const float variance = (hn::GetLane(hn::SumOfLanes(d, squares)) + rest) / count;
  const float scale = 1.0F / std::sqrt(variance + epsilon);
  const V scales = hn::Set(d, scale);
  for (std::size_t i = 0; i < whole; i += lanes) {
    const V off = hn::Mul(hn::Sub(hn::LoadU(d, y + i), means), scales);
    hn::StoreU(hn::MulAdd(off, hn::LoadU(d, gain + i), hn::LoadU(d, bias + i)), d, y + i);
  }
  for (std::size_t i = whole; i < width; ++i) y[i] = (y[i] - mean) * scale * gain[i] + bias[i];
}

void layer_norm_kernel(const float* x, const float* residual, std::size_t num_rows,
                       std::size_t width, const float* gain, const float* bias, float epsilon,
                       float* y) {
  for (std::size_t row = 0; row < num_rows; ++row) {
    const std::size_t at = row * width;
    layer_norm_row(x + at, residual != nullptr ? residual + at : nullptr, width, gain, bias,
                   epsilon, y + at);
  }
}

}  // namespace pith::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pith {
HWY_EXPORT(layer_norm_kernel);

void add_layer_norm_forward(const float* x, const float* residual, std::size_t num_rows,
                            const LayerNormWeights& weights, float* y) {
  HWY_DYNAMIC_DISPATCH(layer_norm_kernel)
  (x, residual, num_rows, weights.gain.size(), weights.gain.data(), weights.bias.data(),
   weights.epsilon, y);
}

void layer_norm_forward(const float* x, std::size_t num_rows, const LayerNormWeights& weights,
                        float* y) {
  add_layer_norm_forward(x, nullptr, num_rows, weights, y);
}

}  // namespace pith
#endif
