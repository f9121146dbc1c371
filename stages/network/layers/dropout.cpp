#include "stages/network/layers/dropout.h"

#include <cstddef>

#include "stages/network/counter_random.h"

namespace pith {

void dropout(std::uint64_t seed, float rate, std::span<float> x) {
  if (rate <= 0.0F) return;
  // Sixteen bits decide: four numbers a draw.
  constexpr std::size_t kPerDraw = 4;
  const auto threshold = static_cast<std::uint32_t>(rate * 65536.0F);
  const float scale = 1.0F / (1.0F - static_cast<float>(threshold) / 65536.0F);
  for (std::size_t i = 0; i < x.size(); i += kPerDraw) {
    std::uint64_t bits = random_bits(seed, i / kPerDraw);
    for (std::size_t k = i; k < x.size() && k < i + kPerDraw; ++k, bits >>= 16U) {
      x[k] *= (bits & 0xFFFFU) < threshold ? 0.0F : scale;
    }
  }
}

}  // namespace pith
