#include "stages/score/percentile_rank.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace pith {

void percentile_rank(std::span<const float> values, std::span<float> rank) {
  assert(values.size() == rank.size());
  std::vector<std::pair<float, std::uint32_t>> sorted(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    sorted[i] = {values[i], static_cast<std::uint32_t>(i)};
  }
  std::sort(sorted.begin(), sorted.end());
  const double num_values = static_cast<double>(values.size());
  for (std::size_t begin = 0; begin < sorted.size();) {
    std::size_t end = begin + 1;
    while (end < sorted.size() && sorted[end].first == sorted[begin].first) ++end;
    const double middle = (static_cast<double>(begin) + static_cast<double>(end)) / 2.0;
    for (std::size_t i = begin; i < end; ++i) {
      rank[sorted[i].second] = static_cast<float>(middle / num_values);
    }
    begin = end;
  }
}

}  // namespace pith
