// Random numbers without a state: the n-th number of a seed, whoever asks and in whatever order.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace pith {

/// 64 well mixed bits of (seed, counter): the finaliser of SplitMix64 (Steele, Lea and Flood 2014)
/// over both.
inline std::uint64_t random_bits(std::uint64_t seed, std::uint64_t counter) {
  const auto mix = [](std::uint64_t z) {
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  };
  return mix(mix(seed + 0x9E3779B97F4A7C15U) + (counter + 1) * 0x9E3779B97F4A7C15U);
}

/// Uniform in [0, 1).
inline double uniform_number(std::uint64_t seed, std::uint64_t counter) {
  return static_cast<double>(random_bits(seed, counter) >> 11U) * 0x1p-53;
}

/// Normal, mean 0, deviation 1 (Box and Muller 1958).
inline float normal_number(std::uint64_t seed, std::uint64_t counter) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform_number(seed, 2 * counter)));
  const double angle = 2.0 * std::numbers::pi * uniform_number(seed, 2 * counter + 1);
  return static_cast<float>(radius * std::cos(angle));
}

}  // namespace pith
