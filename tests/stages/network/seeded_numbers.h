// Numbers for tests: the same for the same seed, on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pith {

/// `size` numbers, roughly normal (a sum of uniform ones) with this standard deviation.
inline std::vector<float> seeded_numbers(std::size_t size, float deviation, std::uint64_t seed) {
  std::vector<float> numbers(size);
  std::uint64_t state = seed * 0x9E3779B97F4A7C15U + 1;
  for (float& number : numbers) {
    float sum = 0.0F;
    for (int i = 0; i < 12; ++i) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      sum += static_cast<float>(state >> 40U) / static_cast<float>(1U << 24U);
    }
    number = (sum - 6.0F) * deviation;
  }
  return numbers;
}

}  // namespace pith
