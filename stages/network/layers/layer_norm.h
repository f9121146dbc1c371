// Layer normalisation behind a residual sum: what ends each half of a post-LN layer.
#pragma once

#include <cstddef>
#include <span>

namespace pith {

struct LayerNormWeights {
  std::span<const float> gain;  ///< [width]
  std::span<const float> bias;  ///< [width]
  float epsilon = 1e-12F;
};

/// y = gain (x + residual - mean) / sqrt(var + epsilon) + bias, mean and (biased) variance per row.
/// x, residual, y [num_rows, width]; y may be x or residual.  Ba, Kiros and Hinton 2016,
/// equation 4.
void add_layer_norm_forward(const float* x, const float* residual, std::size_t num_rows,
                            const LayerNormWeights& weights, float* y);

/// The same without a residual.
void layer_norm_forward(const float* x, std::size_t num_rows, const LayerNormWeights& weights,
                        float* y);

/// From dy = dL/dy of layer_norm_forward(x): overwrites dx, adds to dgain and dbias.
/// x, dy, dx [num_rows, width]; dx may be dy.
void layer_norm_backward(const float* x, const float* dy, std::size_t num_rows,
                         const LayerNormWeights& weights, float* dx, float* dgain, float* dbias);

}  // namespace pith
