#include <Eigen/Core>
#include <cmath>

#include "stages/network/layers/rms_norm.h"

namespace pith {

// With s = 1 / sqrt(mean(x^2) + epsilon), n = x s and g = gain dy:
//   dx = (g - n mean(g n)) s,  dgain = sum dy n.
void rms_norm_backward(const float* x, const float* dy, std::size_t num_rows,
                       std::span<const float> gain, float epsilon, float* dx, float* dgain) {
  using Row = Eigen::ArrayXf;
  const auto width = static_cast<Eigen::Index>(gain.size());
  const Eigen::Map<const Row> gains(gain.data(), width);
  Eigen::Map<Row> gain_gradient(dgain, width);
  Row normal(width);
  Row gradient(width);
  for (std::size_t row = 0; row < num_rows; ++row) {
    const std::size_t at = row * gain.size();
    const Eigen::Map<const Row> input(x + at, width);
    const Eigen::Map<const Row> output_gradient(dy + at, width);
    const float scale = 1.0F / std::sqrt(input.square().mean() + epsilon);
    normal = input * scale;
    gain_gradient += output_gradient * normal;
    gradient = output_gradient * gains;
    const float mean_product = (gradient * normal).mean();
    Eigen::Map<Row>(dx + at, width) = (gradient - normal * mean_product) * scale;
  }
}

}  // namespace pith
