// From surprisals to ranks that any dial can use.
#pragma once

#include <span>

namespace pith {

/// rank[i] = (number of smaller values + half of the equal ones, itself included) / n: in (0, 1),
/// equal for equal values, mean 1/2. `values` finite; sizes equal.
void percentile_rank(std::span<const float> values, std::span<float> rank);

}  // namespace pith
