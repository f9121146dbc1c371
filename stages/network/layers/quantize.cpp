#include "stages/network/layers/quantize.h"

#include <algorithm>
#include <bit>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "stages/network/layers/quantize.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pith::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

HWY_INLINE void quantize_row(const float* x, std::size_t width, std::uint8_t* q, float* scale,
                             std::int32_t* zero) {
  const D d;
  const hn::Rebind<std::uint8_t, D> du8;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t whole = width / lanes * lanes;
  V low = hn::Zero(d);
  V high = hn::Zero(d);
  for (std::size_t i = 0; i < whole; i += lanes) {
    const V value = hn::LoadU(d, x + i);
    low = hn::Min(low, value);
    high = hn::Max(high, value);
  }
  float smallest = hn::GetLane(hn::MinOfLanes(d, low));
  float largest = hn::GetLane(hn::MaxOfLanes(d, high));
  for (std::size_t i = whole; i < width; ++i) {
    smallest = std::min(smallest, x[i]);
    largest = std::max(largest, x[i]);
  }
  *scale = (largest - smallest) / 255.0F;
  const float inverse = *scale > 0.0F ? 1.0F / *scale : 0.0F;
  *zero = static_cast<std::int32_t>(std::lrint(-smallest * inverse));
  const V inverses = hn::Set(d, inverse);
  const V zeros = hn::Set(d, static_cast<float>(*zero));
  for (std::size_t i = 0; i < whole; i += lanes) {
    const V value = hn::MulAdd(hn::LoadU(d, x + i), inverses, zeros);
    hn::StoreU(hn::DemoteTo(du8, hn::NearestInt(value)), du8, q + i);
  }
  for (std::size_t i = whole; i < width; ++i) {
    const float value = std::nearbyint(x[i] * inverse + static_cast<float>(*zero));
    q[i] = static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F));
  }
}

void quantize_kernel(const float* x, std::size_t num_rows, std::size_t width, std::uint8_t* q,
                     float* scale, std::int32_t* zero) {
  for (std::size_t row = 0; row < num_rows; ++row) {
    quantize_row(x + row * width, width, q + row * width, scale + row, zero + row);
  }
}

void dequantize_kernel(const std::int32_t* sums, std::size_t num_rows, const float* scale,
                       const std::int32_t* zero, const QuantizedColumns& columns, float* y) {
  const D d;
  const hn::Rebind<std::int32_t, D> di;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t width = columns.scale.size();
  const std::size_t whole = width / lanes * lanes;
  for (std::size_t row = 0; row < num_rows; ++row, sums += width, y += width) {
    const auto zeros = hn::Set(di, zero[row]);
    const V scales = hn::Set(d, scale[row]);
    for (std::size_t i = 0; i < whole; i += lanes) {
      const auto offset = hn::Mul(zeros, hn::LoadU(di, columns.sum.data() + i));
      const V sum = hn::ConvertTo(d, hn::Sub(hn::LoadU(di, sums + i), offset));
      const V column = hn::Mul(scales, hn::LoadU(d, columns.scale.data() + i));
      hn::StoreU(hn::MulAdd(sum, column, hn::LoadU(d, columns.bias.data() + i)), d, y + i);
    }
    for (std::size_t i = whole; i < width; ++i) {
      y[i] = static_cast<float>(sums[i] - zero[row] * columns.sum[i]) *
                 (scale[row] * columns.scale[i]) +
             columns.bias[i];
    }
  }
}

void bfloat16_kernel(const float* x, std::size_t size, std::uint16_t* y) {
  const hn::ScalableTag<std::uint32_t> du;
  const hn::Rebind<std::uint16_t, decltype(du)> du16;
  const std::size_t lanes = hn::Lanes(du);
  const auto rounded = [](std::uint32_t bits) {
    return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U);
  };
  const auto half = hn::Set(du, 0x7FFFU);
  const auto one = hn::Set(du, 1U);
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    const auto bits = hn::LoadU(du, reinterpret_cast<const std::uint32_t*>(x + i));
    const auto odd = hn::And(hn::ShiftRight<16>(bits), one);
    const auto up = hn::ShiftRight<16>(hn::Add(bits, hn::Add(half, odd)));
    hn::StoreU(hn::TruncateTo(du16, up), du16, y + i);
  }
  for (; i < size; ++i) y[i] = rounded(std::bit_cast<std::uint32_t>(x[i]));
}

}  // namespace pith::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pith {
HWY_EXPORT(quantize_kernel);
HWY_EXPORT(dequantize_kernel);
HWY_EXPORT(bfloat16_kernel);

void quantize_rows(const float* x, std::size_t num_rows, std::size_t width, std::uint8_t* q,
                   float* scale, std::int32_t* zero) {
  HWY_DYNAMIC_DISPATCH(quantize_kernel)(x, num_rows, width, q, scale, zero);
}

void dequantize_rows(const std::int32_t* sums, std::size_t num_rows, const float* scale,
                     const std::int32_t* zero, const QuantizedColumns& columns, float* y) {
  HWY_DYNAMIC_DISPATCH(dequantize_kernel)(sums, num_rows, scale, zero, columns, y);
}

void to_bfloat16(std::span<const float> x, std::uint16_t* y) {
  HWY_DYNAMIC_DISPATCH(bfloat16_kernel)(x.data(), x.size(), y);
}

}  // namespace pith
#endif
