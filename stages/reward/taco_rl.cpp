#include "stages/reward/taco_rl.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "stages/network/counter_random.h"

namespace pith {
namespace {

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

/// log sigmoid(x), also where sigmoid(x) is 0 in double.
double log_sigmoid(double x) {
  return x > 0 ? -std::log1p(std::exp(-x)) : x - std::log1p(std::exp(x));
}

/// Where `share`, which rises with the shift, is `rate`.
template <class Share>
double balanced_shift(double rate, const Share& share) {
  assert(rate > 0.0 && rate < 1.0);
  double low = -100;
  double high = 100;
  for (int step = 0; step < 60; ++step) {
    const double middle = 0.5 * (low + high);
    (share(middle) < rate ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace

std::vector<std::uint8_t> sample_actions(std::span<const float> logits, std::uint64_t seed) {
  std::vector<std::uint8_t> actions(logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i) {
    actions[i] = uniform_number(seed, i) < sigmoid(logits[i]) ? 1 : 0;
  }
  return actions;
}

std::vector<std::uint8_t> words_of_actions(std::span<const std::uint8_t> actions,
                                           std::span<const std::uint32_t> word_of_piece,
                                           std::size_t num_words) {
  assert(actions.size() == word_of_piece.size());
  std::vector<std::uint8_t> kept(num_words, 1);
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (word_of_piece[i] < num_words && actions[i] == 0) kept[word_of_piece[i]] = 0;
  }
  return kept;
}

double taco_loss(std::span<const float> logits, std::span<const std::uint8_t> actions,
                 double advantage, double entropy_weight, std::span<float> dlogits) {
  assert(actions.size() == logits.size() && dlogits.size() == logits.size());
  if (logits.empty()) return 0;
  const auto count = static_cast<double>(logits.size());
  double loss = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double logit = logits[i];
    const double prob = sigmoid(logit);
    const bool kept = actions[i] != 0;
    const double entropy = -prob * log_sigmoid(logit) - (1.0 - prob) * log_sigmoid(-logit);
    loss -= advantage * log_sigmoid(kept ? logit : -logit) + entropy_weight * entropy;
    // dH/dlogit = -logit p (1 - p).
    const double slope =
        -advantage * ((kept ? 1.0 : 0.0) - prob) + entropy_weight * logit * prob * (1.0 - prob);
    dlogits[i] = static_cast<float>(slope / count);
  }
  return loss / count;
}

double bias_bridge(std::span<const float> logits, double rate) {
  assert(!logits.empty());
  return balanced_shift(rate, [&](double shift) {
    double sum = 0;
    for (const float logit : logits) sum += sigmoid(static_cast<double>(logit) + shift);
    return sum / static_cast<double>(logits.size());
  });
}

double bias_bridge(std::span<const float> logits, std::span<const std::uint32_t> word_of_piece,
                   std::span<const float> cost, double rate) {
  assert(!cost.empty() && word_of_piece.size() == logits.size());
  const double all = std::accumulate(cost.begin(), cost.end(), 0.0);
  std::vector<double> stays(cost.size());
  return balanced_shift(rate, [&](double shift) {
    std::fill(stays.begin(), stays.end(), 1.0);
    for (std::size_t i = 0; i < logits.size(); ++i) {
      if (word_of_piece[i] >= stays.size()) continue;
      stays[word_of_piece[i]] *= sigmoid(static_cast<double>(logits[i]) + shift);
    }
    return std::inner_product(cost.begin(), cost.end(), stays.begin(), 0.0) / all;
  });
}

}  // namespace pith
