#include "stages/network/adamw.h"

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <cassert>
#include <cmath>

namespace pith {
namespace {

/// Work is cut into pieces of this many numbers, so that sums do not depend on who does them.
constexpr std::size_t kBlock = 1 << 15;

std::size_t num_blocks(std::size_t size) { return (size + kBlock - 1) / kBlock; }

double squared_norm(std::span<const float> numbers) {
  std::vector<double> sums(num_blocks(numbers.size()));
  tbb::parallel_for(std::size_t{0}, sums.size(), [&](std::size_t block) {
    const std::size_t end = std::min(numbers.size(), (block + 1) * kBlock);
    double sum = 0;
    for (std::size_t i = block * kBlock; i < end; ++i) {
      sum += static_cast<double>(numbers[i]) * numbers[i];
    }
    sums[block] = sum;
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

}  // namespace

AdamW::AdamW(const ParameterLayout& layout, const AdamWOptions& options)
    : options_(options), tensors_(layout.all()), first_(layout.size()), second_(layout.size()) {}

float AdamW::step(std::span<float> parameters, std::span<const float> gradients,
                  float learning_rate) {
  assert(parameters.size() == first_.size() && gradients.size() == first_.size());
  ++steps_;
  const double norm = std::sqrt(squared_norm(gradients));
  if (!std::isfinite(norm)) return static_cast<float>(norm);
  const bool clip = options_.clip_norm > 0.0F && norm > options_.clip_norm;
  const float shorten = clip ? static_cast<float>(options_.clip_norm / norm) : 1.0F;
  const auto count = static_cast<double>(steps_);
  const auto first_scale = static_cast<float>(1.0 / (1.0 - std::pow(options_.beta1, count)));
  const auto second_scale = static_cast<float>(1.0 / (1.0 - std::pow(options_.beta2, count)));
  for (const Parameter& tensor : tensors_) {
    const float decay = tensor.decays ? learning_rate * options_.weight_decay : 0.0F;
    tbb::parallel_for(std::size_t{0}, num_blocks(tensor.size), [&](std::size_t block) {
      const std::size_t begin = tensor.begin + block * kBlock;
      const std::size_t end = std::min(tensor.begin + tensor.size, begin + kBlock);
      for (std::size_t i = begin; i < end; ++i) {
        const float gradient = gradients[i] * shorten;
        first_[i] += (1.0F - options_.beta1) * (gradient - first_[i]);
        second_[i] += (1.0F - options_.beta2) * (gradient * gradient - second_[i]);
        const float step =
            first_[i] * first_scale / (std::sqrt(second_[i] * second_scale) + options_.epsilon);
        parameters[i] -= learning_rate * step + decay * parameters[i];
      }
    });
  }
  return static_cast<float>(norm);
}

void AdamW::restore(std::uint64_t steps, std::span<const float> first,
                    std::span<const float> second) {
  assert(first.size() == first_.size() && second.size() == second_.size());
  steps_ = steps;
  std::copy(first.begin(), first.end(), first_.begin());
  std::copy(second.begin(), second.end(), second_.begin());
}

}  // namespace pith
