#include "stages/network/next_token.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "stages/network/counter_random.h"

namespace pith {
namespace {

/// Sorts the likeliest ids of `order` to its front until they have probability `share` together;
/// gives how many these are. Sorts piece by piece, as they mostly are few.
std::size_t nucleus(std::span<const float> probabilities, double share,
                    std::vector<std::int32_t>& order) {
  const auto likelier = [&](std::int32_t a, std::int32_t b) {
    const float left = probabilities[static_cast<std::size_t>(a)];
    const float right = probabilities[static_cast<std::size_t>(b)];
    return left != right ? left > right : a < b;
  };
  double sum = 0;
  std::size_t sorted = 0;
  for (std::size_t piece = 32; sorted < order.size(); piece *= 4) {
    const std::size_t end = std::min(order.size(), sorted + piece);
    std::partial_sort(order.begin() + static_cast<std::ptrdiff_t>(sorted),
                      order.begin() + static_cast<std::ptrdiff_t>(end), order.end(), likelier);
    for (; sorted < end; ++sorted) {
      sum += probabilities[static_cast<std::size_t>(order[sorted])];
      if (sum >= share) return sorted + 1;
    }
  }
  return order.size();
}

}  // namespace

std::int32_t choose_next_token(std::span<const float> logits, const Sampling& sampling,
                               std::uint64_t step, NextTokenChoice& memory) {
  assert(!logits.empty());
  const auto largest = std::max_element(logits.begin(), logits.end());
  const auto likeliest = static_cast<std::int32_t>(largest - logits.begin());
  if (!(sampling.temperature > 0.0F)) return likeliest;
  memory.probabilities.resize(logits.size());
  double sum = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    memory.probabilities[i] = std::exp((logits[i] - *largest) / sampling.temperature);
    sum += memory.probabilities[i];
  }
  memory.order.resize(logits.size());
  std::iota(memory.order.begin(), memory.order.end(), 0);
  std::size_t count = logits.size();
  if (sampling.top_p < 1.0F) {
    count = nucleus(memory.probabilities, sampling.top_p * sum, memory.order);
    sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      sum += memory.probabilities[static_cast<std::size_t>(memory.order[i])];
    }
  }
  double left = uniform_number(sampling.seed, step) * sum;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t id = memory.order[i];
    left -= memory.probabilities[static_cast<std::size_t>(id)];
    if (left < 0) return id;
  }
  return likeliest;  // nothing is left but rounding
}

double log_probability(std::span<const float> logits, std::int32_t id) {
  assert(id >= 0 && static_cast<std::size_t>(id) < logits.size());
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - largest);
  return logits[static_cast<std::size_t>(id)] - largest - std::log(sum);
}

}  // namespace pith
