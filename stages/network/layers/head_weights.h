// Attention weights kept for the backward pass: one matrix after another, a head each.
#pragma once

#include <cstddef>

#include "stages/network/layers/attention.h"
#include "stages/network/layers/matrix_product.h"

namespace pith {

/// The [length, length] matrix of `head` in [num_heads, length, attention_stride(length)].
template <class Number>
auto head_weights(Number* weights, std::size_t length, std::size_t head) {
  const std::size_t stride = attention_stride(length);
  auto rows = matrix(weights + head * length * stride, length, length);
  rows.stride = stride;
  return rows;
}

}  // namespace pith
