// GELU with the error function.
#pragma once

#include <span>

namespace pith {

/// x Phi(x), Phi the standard normal distribution function (Hendrycks and Gimpel 2016, exact form):
/// x (1 + erf(x / sqrt 2)) / 2.  In place.  Error below 3e-7 of max(1, |x|).
void gelu_forward(std::span<float> x);

/// dy becomes dx = dy (Phi(x) + x phi(x)), phi the density.  x as it was before gelu_forward, of
/// the same size as dy.
void gelu_backward(std::span<const float> x, std::span<float> dy);

}  // namespace pith
