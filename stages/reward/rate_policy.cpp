#include "stages/reward/rate_policy.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace pith {
namespace {

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

/// log(1 + e^x)
double softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

}  // namespace

RatePolicy rate_policy(std::span<const float> z, std::span<const float> cost, double rate,
                       double temperature) {
  assert(!z.empty() && cost.size() == z.size() && rate > 0.0 && rate < 1.0);
  const double budget = rate * std::accumulate(cost.begin(), cost.end(), 0.0);
  const auto [least, most] = std::minmax_element(z.begin(), z.end());
  const double margin = 40.0 * temperature;
  double low = static_cast<double>(*least) - margin;
  double high = static_cast<double>(*most) + margin;
  constexpr int kSteps = 60;
  for (int step = 0; step < kSteps; ++step) {
    const double middle = 0.5 * (low + high);
    double sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      sum += static_cast<double>(cost[i]) *
             sigmoid((static_cast<double>(z[i]) - middle) / temperature);
    }
    (sum > budget ? low : high) = middle;
  }
  RatePolicy policy;
  policy.threshold = 0.5 * (low + high);
  for (const float value : z) {
    policy.logit.push_back((static_cast<double>(value) - policy.threshold) / temperature);
    policy.prob.push_back(sigmoid(policy.logit.back()));
  }
  return policy;
}

void through_threshold(const RatePolicy& policy, std::span<const float> cost, double temperature,
                       std::span<const double> de, double scale, std::span<float> dz) {
  double slopes = 0;
  double sum = 0;
  for (std::size_t i = 0; i < de.size(); ++i) {
    slopes += static_cast<double>(cost[i]) * policy.prob[i] * (1.0 - policy.prob[i]);
    sum += de[i];
  }
  for (std::size_t i = 0; i < de.size(); ++i) {
    const double slope = static_cast<double>(cost[i]) * policy.prob[i] * (1.0 - policy.prob[i]);
    const double share = slopes > 0.0 ? slope / slopes : 0.0;
    dz[i] += static_cast<float>(scale * (de[i] - share * sum) / temperature);
  }
}

double kl_divergence(const RatePolicy& policy, const RatePolicy& reference,
                     std::span<const float> cost, double temperature, double scale,
                     std::span<float> dz) {
  const std::size_t size = policy.prob.size();
  assert(reference.prob.size() == size && dz.size() == size);
  std::vector<double> de(size);
  double sum = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const double apart = policy.logit[i] - reference.logit[i];
    sum += policy.prob[i] * apart + softplus(reference.logit[i]) - softplus(policy.logit[i]);
    de[i] = policy.prob[i] * (1.0 - policy.prob[i]) * apart;
  }
  through_threshold(policy, cost, temperature, de, scale, dz);
  return sum;
}

double entropy(const RatePolicy& policy, std::span<const float> cost, double temperature,
               double scale, std::span<float> dz) {
  const std::size_t size = policy.prob.size();
  assert(dz.size() == size);
  std::vector<double> de(size);
  double sum = 0;
  for (std::size_t i = 0; i < size; ++i) {
    sum += softplus(policy.logit[i]) - policy.prob[i] * policy.logit[i];
    de[i] = -policy.logit[i] * policy.prob[i] * (1.0 - policy.prob[i]);
  }
  through_threshold(policy, cost, temperature, de, scale, dz);
  return sum;
}

}  // namespace pith
