// Dropout whose mask is a function of its seed.
#pragma once

#include <cstdint>
#include <span>

namespace pith {

/// Numbers that stay are divided by (1 - rate), the others become 0 (Srivastava et al. 2014, scaled
/// while training). The same call on a gradient is the backward pass. rate 0: nothing happens.
void dropout(std::uint64_t seed, float rate, std::span<float> x);

}  // namespace pith
