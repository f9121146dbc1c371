// AdamW: Adam with weight decay beside the gradient.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stages/network/parameters.h"

namespace pith {

struct AdamWOptions {
  float beta1 = 0.9F;
  float beta2 = 0.98F;
  float epsilon = 1e-6F;
  float weight_decay = 0.01F;  ///< Only for tensors whose Parameter::decays is set.
  float clip_norm = 1.0F;      ///< Gradients longer than this are shortened to it; 0: never.
};

/// Loshchilov and Hutter 2019, algorithm 2, with the gradient clipped by its global norm before.
/// Results depend on the arguments alone, whatever the number of threads.
class AdamW {
 public:
  AdamW(const ParameterLayout& layout, const AdamWOptions& options);

  /// One update of `parameters`; gives the norm of `gradients` before clipping. A gradient that is
  /// not finite changes nothing, but counts as a step.
  float step(std::span<float> parameters, std::span<const float> gradients, float learning_rate);

  /// What a checkpoint keeps.
  std::uint64_t steps() const { return steps_; }
  std::span<const float> first_moment() const { return first_; }
  std::span<const float> second_moment() const { return second_; }
  /// Sizes as those of the layout.
  void restore(std::uint64_t steps, std::span<const float> first, std::span<const float> second);

 private:
  AdamWOptions options_;
  std::vector<Parameter> tensors_;
  std::vector<float> first_, second_;
  std::uint64_t steps_ = 0;
};

}  // namespace pith
