// The gated feed-forward activation of Llama.
#pragma once

#include <cstddef>

namespace pith {

/// y = silu(gate) up, silu(x) = x / (1 + e^-x).  gate_up [num_rows, 2 width]: gates, then ups; y
/// [num_rows, width].  Shazeer 2020, equation 6 (without the matrices). Error below 3e-7 relative.
void swiglu_forward(const float* gate_up, std::size_t num_rows, std::size_t width, float* y);

/// From dy = dL/dy: overwrites dgate_up, [num_rows, 2 width].
void swiglu_backward(const float* gate_up, const float* dy, std::size_t num_rows, std::size_t width,
                     float* dgate_up);

}  // namespace pith
