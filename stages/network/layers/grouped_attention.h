// Causal attention in groups of heads, for training.
#pragma once

#include <cstddef>
#include <cstdint>

#include "stages/network/layers/attention.h"
#include "stages/network/layers/cached_attention.h"

namespace pith {

/// Per head: y = softmax(q k^T / sqrt(head_size)) v over the rows up to the row's own, and keeps
/// the softmax.  qkv [length, (num_heads + 2 num_kv_heads) head_size]: queries, keys, values side
/// by side; y [length, num_heads head_size]; weights [num_heads, length, attention_stride(length)],
/// aligned to 64 bytes, 0 where a row does not look. `visible`, [length, length] of 0 and 1 or
/// null, hides more; a row always sees itself.
void grouped_attention_forward_keeping(const float* qkv, std::size_t length,
                                       const GroupedHeads& heads, const std::uint8_t* visible,
                                       float* weights, float* y);

/// From dy = dL/dy, with the weights kept: overwrites dqkv (as qkv). As attention_backward; a key's
/// and a value's gradient is the sum over its group.
void grouped_attention_backward(const float* dy, const float* qkv, const float* weights,
                                std::size_t length, const GroupedHeads& heads,
                                AttentionMemory& memory, float* dqkv);

}  // namespace pith
