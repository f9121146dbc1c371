#include "stages/llmlingua2/percentile.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>
#include <vector>

namespace pith {

std::optional<int> whole_percentile(double x) {
  if (!(x > -1.0 && x < 101.0)) return std::nullopt;
  return static_cast<int>(x);
}

double percentile(std::span<const double> values, std::span<const std::uint32_t> weights, int q) {
  assert(weights.empty() || weights.size() == values.size());
  std::vector<std::pair<double, std::uint64_t>> sorted;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint64_t weight = weights.empty() ? 1 : weights[i];
    if (weight > 0) sorted.emplace_back(values[i], weight);
    count += weight;
  }
  assert(count > 0);
  std::sort(sorted.begin(), sorted.end());
  const auto value_at = [&](std::uint64_t place) {
    auto entry = sorted.begin();
    for (; place >= entry->second; ++entry) place -= entry->second;
    return entry->first;
  };
  const double place = static_cast<double>(count - 1) * (q / 100.0);
  const double floor = std::floor(place);
  const auto below = static_cast<std::uint64_t>(floor);
  const double a = value_at(below);
  const double b = value_at(std::min(below + 1, count - 1));
  const double t = place - floor;
  // Written as NumPy does: rounding decides between words of the same probability.
  return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
}

}  // namespace pith
