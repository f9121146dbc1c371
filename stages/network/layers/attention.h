// Multi-head self-attention between the rows of one sequence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "stages/network/aligned_buffer.h"

namespace pith {

struct AttentionShape {
  std::size_t num_heads = 0;
  std::size_t head_size = 0;  ///< Any; multiples of 32 use whole vectors.
};

/// Working memory of one thread; grows to the longest sequence and stays.
struct AttentionMemory {
  AlignedBuffer<float> keys, values, queries, scores, outputs;
  AlignedBuffer<std::uint16_t> narrow, weights;  ///< bfloat16
  AlignedBuffer<std::uint32_t> key_pairs, value_pairs, query_pairs;
};

/// Per head: y = softmax(q k^T / sqrt(head_size)) v  (Vaswani et al. 2017, equation 1).
/// qkv [length, 3 num_heads head_size]: queries, keys, values side by side, heads in order;
/// y [length, num_heads head_size]. No mask: rows that may not be seen are left out.
void attention_forward(const float* qkv, std::size_t length, const AttentionShape& shape,
                       AttentionMemory& memory, float* y);

/// The same with products of bfloat16 numbers, sums in float32; the softmax in float32. Only where
/// cpu_has_bfloat16().
void attention_forward_bfloat16(const float* qkv, std::size_t length, const AttentionShape& shape,
                                AttentionMemory& memory, float* y);

/// For training: the same as attention_forward, and keeps the softmax.
/// weights [num_heads, length, attention_stride(length)], aligned to 64 bytes; what lies behind
/// `length` in a row is 0.
std::size_t attention_stride(std::size_t length);
void attention_forward_keeping(const float* qkv, std::size_t length, const AttentionShape& shape,
                               float* weights, float* y);

/// From dy = dL/dy, with what attention_forward_keeping kept: overwrites dqkv (as qkv).
/// dS = P (dP - sum(P dP)) per row, P the softmax, dP = dy v^T.
void attention_backward(const float* dy, const float* qkv, const float* weights, std::size_t length,
                        const AttentionShape& shape, AttentionMemory& memory, float* dqkv);

/// The softmax's numerators: row[i] = exp(scale (row[i] - max)) for i < length, 0 up to `padded` (a
/// multiple of 16); gives their sum. `row` aligned to 64 bytes, length >= 1.
float softmax_exponentials(float* row, std::size_t length, std::size_t padded, float scale);

}  // namespace pith
