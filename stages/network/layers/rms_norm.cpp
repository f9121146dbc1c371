#include "stages/network/layers/rms_norm.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "stages/network/layers/rms_norm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pith::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

void rms_norm_kernel(const float* x, std::size_t num_rows, std::size_t width, const float* gain,
                     float epsilon, float* y) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t whole = width / lanes * lanes;
  for (std::size_t row = 0; row < num_rows; ++row, x += width, y += width) {
    V squares = hn::Zero(d);
    for (std::size_t i = 0; i < whole; i += lanes) {
      const V value = hn::LoadU(d, x + i);
      squares = hn::MulAdd(value, value, squares);
    }
    float sum = hn::GetLane(hn::SumOfLanes(d, squares));
    for (std::size_t i = whole; i < width; ++i) sum += x[i] * x[i];
    const float scale = 1.0F / std::sqrt(sum / static_cast<float>(width) + epsilon);
    const V scales = hn::Set(d, scale);
    for (std::size_t i = 0; i < whole; i += lanes) {
      const V normal = hn::Mul(hn::LoadU(d, x + i), scales);
      hn::StoreU(hn::Mul(normal, hn::LoadU(d, gain + i)), d, y + i);
    }
    for (std::size_t i = whole; i < width; ++i) y[i] = x[i] * scale * gain[i];
  }
}

}  // namespace pith::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pith {
HWY_EXPORT(rms_norm_kernel);

void rms_norm_forward(const float* x, std::size_t num_rows, std::span<const float> gain,
                      float epsilon, float* y) {
  HWY_DYNAMIC_DISPATCH(rms_norm_kernel)(x, num_rows, gain.size(), gain.data(), epsilon, y);
}

}  // namespace pith
#endif
