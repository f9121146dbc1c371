#include "stages/reward/baselines.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace pith {

std::vector<double> leave_one_out(std::span<const double> rewards) {
  std::vector<double> advantages(rewards.size());
  if (rewards.size() < 2) return advantages;
  const double sum = std::accumulate(rewards.begin(), rewards.end(), 0.0);
  const auto others = static_cast<double>(rewards.size() - 1);
  for (std::size_t i = 0; i < rewards.size(); ++i) {
    advantages[i] = rewards[i] - (sum - rewards[i]) / others;
  }
  return advantages;
}

void MovingBaseline::add(std::size_t bucket, double reward) {
  const std::uint64_t count = ++counts_[bucket];
  const double weight = std::max(weight_, 1.0 / static_cast<double>(count));
  means_[bucket] += weight * (reward - means_[bucket]);
}

double reward_deviation(std::span<const double> rewards) {
  constexpr double kLeast = 0.05;
  if (rewards.empty()) return kLeast;
  const auto count = static_cast<double>(rewards.size());
  const double mean = std::accumulate(rewards.begin(), rewards.end(), 0.0) / count;
  double squares = 0;
  for (const double reward : rewards) squares += (reward - mean) * (reward - mean);
  return std::max(kLeast, std::sqrt(squares / count));
}

double scaled_advantage(double advantage, double deviation) {
  constexpr double kMost = 3.0;
  return std::clamp(advantage / deviation, -kMost, kMost);
}

}  // namespace pith
