// REINFORCE for masks that were drawn in a band around a threshold.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pith {

/// What was drawn, and under which probabilities: of the policy that drew it, and of the one that
/// learns now.
struct BandDraw {
  std::span<const std::uint8_t> kept;        ///< m, [band]: 1 = stayed.
  std::span<const std::uint8_t> propensity;  ///< k, [band]: drawn with k / 256.
  std::span<const double> prob;              ///< p of the learning policy, [band].
  std::span<const float> cost;               ///< [band]
};

enum class Staleness : std::uint8_t {
  kNone,  ///< Every weight is 1.
  kCap,  ///< The importance weight p(m) / q(m) of each word, at most 2; never a product over words.
};

struct BandGradientOptions {
  double temperature = 1.0;
  double prob_min = 0.05, prob_max = 0.95;  ///< Words at a clamp have no gradient.
  Staleness staleness = Staleness::kCap;
  /// Else the threshold counts as given, and what depends on its moving is left out: k = 0.
  bool through_threshold = true;
};

/// dJ/dz of the expected reward, [band]:
///   (A / T) (w_i (m_i - p_i) - k_i sum_j w_j (m_j - p_j)) / sqrt(band),
///   k_i = c_i s_i / sum_j c_j s_j,  s_i = p_i (1 - p_i).
/// The second part is the way through the threshold, which moves so that the expected cost stays.
/// Williams 1992, with the constraint differentiated. Add its negative to a loss.
std::vector<double> band_gradient(const BandDraw& draw, double advantage,
                                  const BandGradientOptions& options);

}  // namespace pith
