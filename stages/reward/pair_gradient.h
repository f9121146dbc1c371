// Credit per word from two draws of opposite luck.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stages/reward/band_gradient.h"

namespace pith {

/// Two masks of one band, drawn with luck u and 1 - u, [band] each.
struct BandPair {
  std::span<const std::uint8_t> kept, opposite;
  std::span<const double> prob;  ///< p, [band]: both were drawn with it.
  std::span<const float> cost;   ///< [band]
};

/// dJ/dz, [band], from half the difference of the two rewards, d = (r - r') / 2:
///   e_i = d (m_i - m'_i) max(p_i, 1 - p_i),
///   (e_i - k_i sum_j e_j) / T / sqrt(band), k as in band_gradient.
/// Words with the same form in both draws have no credit of their own: only the others can have
/// made the difference. Opposite luck tells a word's two forms apart more often than two draws do;
/// max(p, 1 - p) takes that out, so that the mean is dJ/dz, whatever the reward. No baseline: the
/// other draw is one.
std::vector<double> pair_gradient(const BandPair& pair, double half_difference,
                                  const BandGradientOptions& options);

}  // namespace pith
