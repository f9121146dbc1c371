// The random policy that a ranking of words becomes at a rate, and how far it is from another one.
#pragma once

#include <span>
#include <vector>

namespace pith {

/// Word i stays with p_i = sigmoid(logit_i), logit_i = (z_i - t) / T; t is where the expected cost
/// is rate times all of it. So a shift of all z changes nothing.
struct RatePolicy {
  std::vector<double> logit;  ///< [num_words]
  std::vector<double> prob;   ///< [num_words]
  double threshold = 0.0;     ///< t
};

/// z and cost: [num_words], not empty, finite; 0 < rate < 1.
RatePolicy rate_policy(std::span<const float> z, std::span<const float> cost, double rate,
                       double temperature);

/// From de[i] = dF/dlogit_i: adds scale * dF/dz to dz. The threshold moves with the scores:
///   dF/dz_i = (e_i - k_i sum_j e_j) / T,   k_i = c_i s_i / sum_j c_j s_j,   s_i = p_i (1 - p_i).
void through_threshold(const RatePolicy& policy, std::span<const float> cost, double temperature,
                       std::span<const double> de, double scale, std::span<float> dz);

/// sum_i KL(p_i || reference p_i) in nats; adds scale * its gradient to dz.
double kl_divergence(const RatePolicy& policy, const RatePolicy& reference,
                     std::span<const float> cost, double temperature, double scale,
                     std::span<float> dz);

/// sum_i H(p_i) in nats; adds scale * its gradient to dz.
double entropy(const RatePolicy& policy, std::span<const float> cost, double temperature,
               double scale, std::span<float> dz);

}  // namespace pith
