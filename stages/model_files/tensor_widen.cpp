#include <bit>
#include <cassert>
#include <cstring>

#include "stages/model_files/tensor_files.h"

namespace pith {
namespace {

static_assert(std::endian::native == std::endian::little, "the files are little-endian");

float of_half(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t{half & 0x8000U} << 16U;
  const std::uint32_t exponent = half >> 10U & 0x1FU;
  const std::uint32_t fraction = half & 0x3FFU;
  if (exponent == 0) {
    // Subnormal: fraction * 2^-24, which a float holds exactly.
    const float value = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -value : value;
  }
  const std::uint32_t widened = exponent == 0x1F ? 0xFFU : exponent + (127 - 15);
  return std::bit_cast<float>(sign | widened << 23U | fraction << 13U);
}

float of_bfloat(std::uint16_t bfloat) { return std::bit_cast<float>(std::uint32_t{bfloat} << 16U); }

template <class Widened>
void widen_16(const std::uint8_t* from, std::span<float> values, Widened widened) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, from + 2 * i, sizeof(bits));
    values[i] = widened(bits);
  }
}

}  // namespace

void widen(const TensorView& view, std::uint64_t first, std::span<float> values) {
  const std::size_t size = view.type == TensorType::kFloat32 ? 4 : 2;
  assert(first + values.size() <= view.bytes.size() / size);
  if (values.empty()) return;
  const std::uint8_t* const from = view.bytes.data() + first * size;
  switch (view.type) {
    case TensorType::kFloat32:
      std::memcpy(values.data(), from, values.size_bytes());
      return;
    case TensorType::kFloat16:
      return widen_16(from, values, of_half);
    case TensorType::kBfloat16:
      return widen_16(from, values, of_bfloat);
    default:
      assert(false && "view() gives no other type");
  }
}

}  // namespace pith
