#include "stages/network/next_token.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>

#include "stages/network/counter_random.h"
#include "stages/network/layers/attention.h"

namespace pith {
namespace {

/// exp(scale (logit - the largest)) in memory.probabilities; gives their sum.
double exponentials(std::span<const float> logits, float scale, NextTokenChoice& memory) {
  const std::size_t padded = attention_stride(logits.size());
  float* numbers = memory.probabilities.reserve(padded);
  std::copy(logits.begin(), logits.end(), numbers);
  return softmax_exponentials(numbers, logits.size(), padded, scale);
}

/// Likelier first; among equals the smaller id.
struct Likelier {
  std::span<const float> probabilities;
  bool operator()(std::int32_t a, std::int32_t b) const {
    const float left = probabilities[static_cast<std::size_t>(a)];
    const float right = probabilities[static_cast<std::size_t>(b)];
    return left != right ? left > right : a < b;
  }
};

/// The least likely of the likeliest ids that together have `share` of the probabilities' `sum`; -1
/// when there is none.
std::int32_t nucleus_end(const Likelier& likelier, double share, double sum,
                         std::vector<std::int32_t>& order) {
  const std::span<const float> probabilities = likelier.probabilities;
  // All that are less likely than this have less than 1 - share together.
  const auto number = static_cast<double>(probabilities.size());
  const auto least = static_cast<float>((1.0 - share) * sum / number * 0.999);
  order.clear();
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    if (probabilities[i] >= least) order.push_back(static_cast<std::int32_t>(i));
  }
  if (order.empty()) return -1;  // logits that are no numbers
  // Halves are put apart, and only the one that holds the end is looked at again.
  double needed = share * sum;
  auto first = order.begin();
  auto last = order.end();
  while (last - first > 1) {
    const auto middle = first + (last - first) / 2;
    std::nth_element(first, middle, last, likelier);
    double half = 0;
    for (auto id = first; id != middle; ++id) half += probabilities[static_cast<std::size_t>(*id)];
    if (half >= needed) {
      last = middle;
    } else {
      needed -= half;
      first = middle;
    }
  }
  return *first;
}

}  // namespace

std::int32_t choose_next_token(std::span<const float> logits, const Sampling& sampling,
                               std::uint64_t step, NextTokenChoice& memory) {
  assert(!logits.empty());
  const auto largest = std::max_element(logits.begin(), logits.end());
  const auto likeliest = static_cast<std::int32_t>(largest - logits.begin());
  if (!(sampling.temperature > 0.0F)) return likeliest;
  double sum = exponentials(logits, 1.0F / sampling.temperature, memory);
  const std::span<const float> probabilities(memory.probabilities.data(), logits.size());
  const Likelier likelier = {probabilities};
  std::int32_t end = -1;
  if (sampling.top_p < 1.0F) {
    end = nucleus_end(likelier, sampling.top_p, sum, memory.order);
    double kept = 0;
    for (const std::int32_t id : memory.order) {
      if (!likelier(end, id)) kept += probabilities[static_cast<std::size_t>(id)];
    }
    sum = kept;
  }
  double left = uniform_number(sampling.seed, step) * sum;
  const auto vocab_size = static_cast<std::int32_t>(logits.size());
  for (std::int32_t id = 0; id < vocab_size; ++id) {
    if (end >= 0 && likelier(end, id)) continue;
    left -= probabilities[static_cast<std::size_t>(id)];
    if (left < 0) return id;
  }
  return likeliest;  // nothing is left but rounding
}

double log_probability(std::span<const float> logits, std::int32_t id, NextTokenChoice& memory) {
  assert(id >= 0 && static_cast<std::size_t>(id) < logits.size());
  const double largest = *std::max_element(logits.begin(), logits.end());
  return logits[static_cast<std::size_t>(id)] - largest -
         std::log(exponentials(logits, 1.0F, memory));
}

}  // namespace pith
