// Root-mean-square normalisation: what each half of a Llama layer begins with.
#pragma once

#include <cstddef>
#include <span>

namespace pith {

/// y = gain x / sqrt(mean(x^2) + epsilon), per row.  x, y [num_rows, width], gain [width]; y may be
/// x.  Zhang and Sennrich 2019, equation 4.
void rms_norm_forward(const float* x, std::size_t num_rows, std::span<const float> gain,
                      float epsilon, float* y);

/// From dy = dL/dy: overwrites dx (which may be dy), adds to dgain.  x, dy, dx [num_rows, width].
void rms_norm_backward(const float* x, const float* dy, std::size_t num_rows,
                       std::span<const float> gain, float epsilon, float* dx, float* dgain);

}  // namespace pith
