#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "stages/model_files/tensor_files.h"

namespace pith {
namespace {

/// The value that IEEE 754 gives a half, by its definition.
float half_by_definition(std::uint32_t bits) {
  const int exponent = static_cast<int>(bits >> 10U & 0x1FU);
  const auto fraction = static_cast<float>(bits & 0x3FFU);
  const float sign = (bits & 0x8000U) != 0 ? -1.0F : 1.0F;
  if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024.0F + fraction, exponent - 25);
}

TEST(Widen, EveryHalfHasTheValueOfItsDefinition) {
  std::vector<std::uint8_t> bytes(2 * 65536 + 1);
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    // One byte off, as a file may have it.
    std::memcpy(&bytes[2 * bits + 1], &bits, 2);
  }
  const TensorView view{TensorType::kFloat16, {}, std::span(bytes).subspan(1)};
  std::vector<float> values(65536);
  widen(view, 0, values);
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const float expected = half_by_definition(bits);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(values[bits])) << bits;
    } else {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(values[bits]), std::bit_cast<std::uint32_t>(expected))
          << bits;
    }
  }
}

TEST(Widen, BfloatIsTheUpperHalfOfAFloat) {
  const std::vector<std::uint8_t> bytes = {0x80, 0x3F, 0x00, 0xC0, 0x01, 0x00};
  const TensorView view{TensorType::kBfloat16, {}, bytes};
  std::vector<float> values(2);
  widen(view, 1, values);
  EXPECT_EQ(values[0], -2.0F);
  EXPECT_EQ(values[1], std::bit_cast<float>(0x00010000U));
}

TEST(Widen, FloatsAreReadFromTheFirstAskedFor) {
  std::vector<std::uint8_t> bytes(12);
  const float numbers[] = {1.5F, -2.25F, 3.0F};
  std::memcpy(bytes.data(), numbers, 12);
  std::vector<float> values(1);
  widen({TensorType::kFloat32, {}, bytes}, 1, values);
  EXPECT_EQ(values[0], -2.25F);
}

}  // namespace
}  // namespace pith
