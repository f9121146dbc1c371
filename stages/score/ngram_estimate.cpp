#include "stages/score/ngram_estimate.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace pith::ngram {
namespace {

std::array<double, 3> discounts_of(const Counts& counts) {
  std::array<std::uint64_t, 4> num_with_weight = {};
  for (const std::uint32_t weight : counts.weight) {
    if (weight >= 1 && weight <= 4) ++num_with_weight[weight - 1];
  }
  return discounts(num_with_weight);
}

double discount(const std::array<double, 3>& by_weight, std::uint32_t weight) {
  return by_weight[std::min(weight, 3U) - 1];
}

Estimates unigrams(const Counts& counts, std::uint32_t vocab_size) {
  const std::array<double, 3> by_weight = discounts_of(counts);
  double total = 0.0;
  double discounted = 0.0;
  for (const std::uint32_t weight : counts.weight) {
    total += weight;
    discounted += discount(by_weight, weight);
  }
  // Without any text the discounted mass is all there is: the uniform distribution.
  const double uniform = (total > 0.0 ? discounted / total : 1.0) / vocab_size;
  Estimates level;
  level.n = 1;
  level.keys.resize(vocab_size);
  level.seen.assign(vocab_size, 0);
  level.prob.assign(vocab_size, static_cast<float>(uniform));
  level.removal_cost.assign(vocab_size, 0.0F);
  for (std::uint32_t piece = 0; piece < vocab_size; ++piece) level.keys[piece] = piece;
  for (std::size_t i = 0; i < counts.keys.size(); ++i) {
    const std::size_t piece = counts.keys[i];
    assert(piece < vocab_size);
    const double left = counts.weight[i] - discount(by_weight, counts.weight[i]);
    level.seen[piece] = counts.seen[i];
    level.prob[piece] = static_cast<float>(left / total + uniform);
  }
  return level;
}

Estimates longer(Counts counts, const Estimates& lower) {
  const std::array<double, 3> by_weight = discounts_of(counts);
  Estimates level;
  level.n = counts.n;
  level.prob.resize(counts.keys.size());
  level.removal_cost.resize(counts.keys.size());
  for (std::size_t begin = 0; begin < counts.keys.size();) {
    const Key context = context_of(counts.keys[begin]);
    std::size_t end = begin;
    double total = 0.0;
    double discounted = 0.0;
    for (; end < counts.keys.size() && context_of(counts.keys[end]) == context; ++end) {
      total += counts.weight[end];
      discounted += discount(by_weight, counts.weight[end]);
    }
    const double gamma = discounted / total;
    for (std::size_t i = begin; i < end; ++i) {
      const double backed_off = gamma * lower.prob[lower.find(suffix_of(counts.keys[i], counts.n))];
      const double left = counts.weight[i] - discount(by_weight, counts.weight[i]);
      const double prob = left / total + backed_off;
      level.prob[i] = static_cast<float>(prob);
      level.removal_cost[i] = static_cast<float>(counts.seen[i] * std::log(prob / backed_off));
    }
    begin = end;
  }
  level.keys = std::move(counts.keys);
  level.seen = std::move(counts.seen);
  return level;
}

}  // namespace

std::array<double, 3> discounts(const std::array<std::uint64_t, 4>& num_with_weight) {
  const auto n = [&](std::size_t weight) {
    return static_cast<double>(num_with_weight[weight - 1]);
  };
  std::array<double, 3> by_weight = {0.5, 0.75, 1.0};  // For texts too small to estimate from.
  if (std::ranges::find(num_with_weight, 0U) != num_with_weight.end()) return by_weight;
  const double y = n(1) / (n(1) + 2.0 * n(2));
  for (std::size_t weight = 1; weight <= 3; ++weight) {
    const double w = static_cast<double>(weight);
    const double d = w - (w + 1.0) * y * n(weight + 1) / n(weight);
    by_weight[weight - 1] = std::clamp(d, 0.05 * w, 0.95 * w);
  }
  return by_weight;
}

std::size_t Estimates::find_or_end(Key key) const {
  if (n == 1) return key < keys.size() ? static_cast<std::size_t>(key) : keys.size();
  const auto at = std::ranges::lower_bound(keys, key);
  return at != keys.end() && *at == key ? static_cast<std::size_t>(at - keys.begin()) : keys.size();
}

std::size_t Estimates::find(Key key) const {
  const std::size_t index = find_or_end(key);
  assert(index < keys.size());
  return index;
}

std::vector<Estimates> estimate(std::vector<Counts> counts, std::uint32_t vocab_size) {
  std::vector<Estimates> levels;
  levels.push_back(unigrams(counts.front(), vocab_size));
  for (std::size_t k = 1; k < counts.size(); ++k) {
    levels.push_back(longer(std::move(counts[k]), levels.back()));
  }
  return levels;
}

}  // namespace pith::ngram
