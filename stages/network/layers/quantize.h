// Numbers of fewer bits for matrix products, and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace pith {

/// Dynamic quantization, one scale and zero point per row: q = round(x / scale) + zero in 0..255,
/// with scale = (max(x, 0) - min(x, 0)) / 255; a row of zeros has scale 0.
/// x, q [num_rows, width]; scale, zero [num_rows].
void quantize_rows(const float* x, std::size_t num_rows, std::size_t width, std::uint8_t* q,
                   float* scale, std::int32_t* zero);

/// What a product of quantized rows with quantized weights means:
/// y = (sum - zero column_sum) scale column_scale + bias.
struct QuantizedColumns {
  std::span<const float> scale;       ///< [width]
  std::span<const std::int32_t> sum;  ///< [width]: of each column's quantized weights
  std::span<const float> bias;        ///< [width]
};
/// sums [num_rows, width] as int32; y [num_rows, width].
void dequantize_rows(const std::int32_t* sums, std::size_t num_rows, const float* scale,
                     const std::int32_t* zero, const QuantizedColumns& columns, float* y);

/// Round to nearest, ties to even. x is finite.
void to_bfloat16(std::span<const float> x, std::uint16_t* y);

}  // namespace pith
