#include "apps/train/hashed_adagrad.h"

#include <cmath>

namespace pith {
namespace {

constexpr float kFirstSquare = 1e-4F;
/// Smaller gradients change nothing that matters.
constexpr double kNegligible = 1e-5;

}  // namespace

HashedAdagrad::HashedAdagrad(std::size_t num_weights, float weight_decay)
    : weight_decay_(weight_decay), weights_(num_weights), squares_(num_weights, kFirstSquare) {}

void HashedAdagrad::update(std::span<const SpanFeature> features, double gradient) {
  if (std::abs(gradient) < kNegligible) return;
  const std::size_t mask = weights_.size() - 1;
  for (const SpanFeature& feature : features) {
    float& weight = weights_[feature.hash & mask];
    float& square = squares_[feature.hash & mask];
    const float slope = static_cast<float>(gradient) * feature.value + weight_decay_ * weight;
    square += slope * slope;
    weight -= learning_rate_ * slope / std::sqrt(square);
  }
}

}  // namespace pith
