#include "stages/reward/band_gradient.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace pith {

std::vector<double> band_gradient(const BandDraw& draw, double advantage,
                                  const BandGradientOptions& options) {
  const std::size_t size = draw.kept.size();
  assert(draw.propensity.size() == size && draw.prob.size() == size && draw.cost.size() == size);
  std::vector<double> gradient(size);
  if (size == 0) return gradient;
  constexpr double kWeightMax = 2.0;
  std::vector<double> error(size);  // w (m - p), 0 at a clamp
  std::vector<double> slope(size);  // c s, likewise
  double errors = 0;
  double slopes = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const double prob = draw.prob[i];
    if (prob <= options.prob_min || prob >= options.prob_max) continue;
    const bool kept = draw.kept[i] != 0;
    const double drawn_with = draw.propensity[i] / 256.0;
    const double weight =
        options.staleness == Staleness::kNone
            ? 1.0
            : std::min(kWeightMax, kept ? prob / drawn_with : (1.0 - prob) / (1.0 - drawn_with));
    error[i] = weight * ((kept ? 1.0 : 0.0) - prob);
    slope[i] = draw.cost[i] * prob * (1.0 - prob);
    errors += error[i];
    slopes += slope[i];
  }
  const double scale = advantage / options.temperature / std::sqrt(static_cast<double>(size));
  for (std::size_t i = 0; i < size; ++i) {
    const double share = options.through_threshold && slopes > 0.0 ? slope[i] / slopes : 0.0;
    gradient[i] = scale * (error[i] - share * errors);
  }
  return gradient;
}

}  // namespace pith
