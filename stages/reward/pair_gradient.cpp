#include "stages/reward/pair_gradient.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace pith {

std::vector<double> pair_gradient(const BandPair& pair, double half_difference,
                                  const BandGradientOptions& options) {
  const std::size_t size = pair.kept.size();
  assert(pair.opposite.size() == size && pair.prob.size() == size && pair.cost.size() == size);
  std::vector<double> error(size);
  std::vector<double> slope(size);  // c s; 0 at a clamp
  double errors = 0;
  double slopes = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const double prob = pair.prob[i];
    if (prob <= options.prob_min || prob >= options.prob_max) continue;
    const int apart = int{pair.kept[i]} - int{pair.opposite[i]};
    error[i] = half_difference * apart * std::max(prob, 1.0 - prob);
    slope[i] = static_cast<double>(pair.cost[i]) * prob * (1.0 - prob);
    errors += error[i];
    slopes += slope[i];
  }
  const double scale = 1.0 / options.temperature / std::sqrt(static_cast<double>(size));
  for (std::size_t i = 0; i < size; ++i) {
    const double share = options.through_threshold && slopes > 0.0 ? slope[i] / slopes : 0.0;
    error[i] = scale * (error[i] - share * errors);
  }
  return error;
}

}  // namespace pith
