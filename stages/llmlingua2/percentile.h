// numpy.percentile with linear interpolation, over values that count several times.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace pith {

/// int(x) as a percentile: nothing where it is not in 0..100.
std::optional<int> whole_percentile(double x);

/// Of the list that has values[i] weights[i] times (once each without weights), which is not empty.
double percentile(std::span<const double> values, std::span<const std::uint32_t> weights, int q);

}  // namespace pith
