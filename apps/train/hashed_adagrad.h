// The weights of a log-linear model, found by hash, while they are trained.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "apps/reader/span_features.h"

namespace pith {

/// Adagrad (Duchi et al. 2011).
class HashedAdagrad {
 public:
  /// `num_weights`: a power of two.
  explicit HashedAdagrad(std::size_t num_weights, float weight_decay);

  /// One step down: `gradient` is the loss's by the sum that the features make.
  void update(std::span<const SpanFeature> features, double gradient);
  void set_learning_rate(float rate) { learning_rate_ = rate; }

  std::vector<float>& weights() { return weights_; }
  const std::vector<float>& weights() const { return weights_; }
  std::vector<float>& squares() { return squares_; }

 private:
  float weight_decay_;
  float learning_rate_ = 0;
  std::vector<float> weights_, squares_;
};

}  // namespace pith
