#include <Eigen/Core>
#include <cmath>

#include "stages/network/layers/layer_norm.h"

namespace pith {

// With n = (x - mean) / deviation and g = gain dy:
//   dx = (g - mean(g) - n mean(g n)) / deviation,  dgain = sum dy n,  dbias = sum dy.
void layer_norm_backward(const float* x, const float* dy, std::size_t num_rows,
                         const LayerNormWeights& weights, float* dx, float* dgain, float* dbias) {
  using Row = Eigen::ArrayXf;
  const auto width = static_cast<Eigen::Index>(weights.gain.size());
  const Eigen::Map<const Row> gain(weights.gain.data(), width);
  Eigen::Map<Row> gain_gradient(dgain, width);
  Eigen::Map<Row> bias_gradient(dbias, width);
  Row normal(width);
  Row gradient(width);
  for (std::size_t row = 0; row < num_rows; ++row) {
    const std::size_t at = row * weights.gain.size();
    const Eigen::Map<const Row> input(x + at, width);
    const Eigen::Map<const Row> output_gradient(dy + at, width);
    const float mean = input.mean();
    normal = input - mean;
    const float inverse = 1.0F / std::sqrt(normal.square().mean() + weights.epsilon);
    normal *= inverse;
    gain_gradient += output_gradient * normal;
    bias_gradient += output_gradient;
    gradient = output_gradient * gain;
    const float mean_gradient = gradient.mean();
    const float mean_product = (gradient * normal).mean();
    Eigen::Map<Row>(dx + at, width) = (gradient - mean_gradient - normal * mean_product) * inverse;
  }
}

}  // namespace pith
