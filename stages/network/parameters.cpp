#include "stages/network/parameters.h"

#include <algorithm>
#include <cmath>

#include "stages/network/counter_random.h"

namespace pith {

std::size_t ParameterLayout::add(std::string name, std::vector<std::uint64_t> shape, bool decays) {
  std::size_t size = 1;
  for (const std::uint64_t n : shape) size *= n;
  const std::size_t begin = size_;
  parameters_.push_back({std::move(name), std::move(shape), begin, size, decays});
  size_ += size;
  return begin;
}

const Parameter* ParameterLayout::find(std::string_view name) const {
  const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                  [&](const Parameter& each) { return each.name == name; });
  return found == parameters_.end() ? nullptr : &*found;
}

void initialize_parameters(const ParameterLayout& layout, float deviation, std::uint64_t seed,
                           std::span<float> values) {
  for (const Parameter& parameter : layout.all()) {
    const std::span<float> numbers = values.subspan(parameter.begin, parameter.size);
    if (!parameter.decays) {
      const bool gain =
          parameter.name.ends_with("LayerNorm.weight") || parameter.name.ends_with("norm.weight");
      std::fill(numbers.begin(), numbers.end(), gain ? 1.0F : 0.0F);
      continue;
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      numbers[i] = deviation * normal_number(seed, parameter.begin + i);
    }
  }
}

}  // namespace pith
