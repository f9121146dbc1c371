// The learning rate of a run that is as long as its options say.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "stages/network/learning_rate.h"

namespace pith {

/// `options` have learning_rate, steps, epochs and warmup. A run has `steps` steps, or, when that
/// is 0, `epochs` times `steps_per_epoch`; at least one. `warmup` is a share of them.
template <class Options>
LearningRate planned_rate(const Options& options, std::uint64_t steps_per_epoch) {
  LearningRate rate;
  rate.peak = options.learning_rate;
  rate.total_steps = std::max<std::uint64_t>(
      1, options.steps > 0 ? options.steps
                           : static_cast<std::uint64_t>(std::llround(
                                 options.epochs * static_cast<double>(steps_per_epoch))));
  rate.warmup_steps =
      static_cast<std::uint64_t>(options.warmup * static_cast<double>(rate.total_steps));
  return rate;
}

}  // namespace pith
