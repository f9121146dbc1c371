#include "stages/network/layers/rotary.h"

#include <cmath>

namespace pith {

void rotary_angles(std::span<const std::int32_t> positions, std::size_t head_size, float theta,
                   float* angles) {
  const std::size_t half = head_size / 2;
  for (std::size_t i = 0; i < half; ++i) {
    const double exponent = 2.0 * static_cast<double>(i) / static_cast<double>(head_size);
    const auto frequency = static_cast<float>(1.0 / std::pow(static_cast<double>(theta), exponent));
    for (std::size_t row = 0; row < positions.size(); ++row) {
      // The angle is rounded to a float, as the models' own code does: far out it matters.
      const float angle = static_cast<float>(positions[row]) * frequency;
      angles[row * head_size + i] = std::cos(angle);
      angles[row * head_size + half + i] = std::sin(angle);
    }
  }
}

void rotate(float* x, std::size_t num_rows, std::size_t stride, std::size_t num_heads,
            std::size_t head_size, const float* angles, Turn turn) {
  const std::size_t half = head_size / 2;
  const float sign = turn == Turn::kForth ? 1.0F : -1.0F;
  for (std::size_t row = 0; row < num_rows; ++row) {
    const float* cosine = angles + row * head_size;
    const float* sine = cosine + half;
    for (std::size_t head = 0; head < num_heads; ++head) {
      float* low = x + row * stride + head * head_size;
      float* high = low + half;
      for (std::size_t i = 0; i < half; ++i) {
        const float first = low[i];
        const float second = high[i];
        low[i] = first * cosine[i] - second * (sign * sine[i]);
        high[i] = second * cosine[i] + first * (sign * sine[i]);
      }
    }
  }
}

}  // namespace pith
