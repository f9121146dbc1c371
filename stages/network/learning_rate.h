// How the learning rate changes over a run.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace pith {

/// Linear from 0 over the first `warmup_steps`, then constant, or falling to 0 at `total_steps`
/// along half a cosine (Loshchilov and Hutter 2017, equation 5, without restarts).
struct LearningRate {
  float peak = 1e-3F;
  std::uint64_t warmup_steps = 0;
  std::uint64_t total_steps = 1;
  bool cosine = true;

  /// Of step 0, 1, ...
  float at(std::uint64_t step) const {
    if (step < warmup_steps) {
      return peak * static_cast<float>(step + 1) / static_cast<float>(warmup_steps);
    }
    if (!cosine) return peak;
    if (step >= total_steps) return 0.0F;
    const auto done =
        static_cast<double>(step - warmup_steps) / static_cast<double>(total_steps - warmup_steps);
    return static_cast<float>(peak * 0.5 * (1.0 + std::cos(std::numbers::pi * done)));
  }
};

}  // namespace pith
