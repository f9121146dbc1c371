// What a decoder learns from: the token that comes next.
#pragma once

#include <cstdint>
#include <span>

#include "stages/network/aligned_buffer.h"

namespace pith {

/// Tokens of a text that count: row rows[i] should be followed by targets[i].
struct NextTokens {
  std::span<const std::uint32_t> rows;    ///< [number], ascending
  std::span<const std::int32_t> targets;  ///< [number]
  std::span<const float> weights;         ///< [number] or empty: all 1.
};

struct NextTokenMemory {
  AlignedBuffer<float> hidden, logits, dhidden;
};

/// Sum over `tokens` of weight times the cross-entropy of softmax(hidden head^T), in nats. hidden,
/// dhidden [length, width], dhidden overwritten; head [vocab_size, width]; adds to dhead.
double next_token_loss(const float* hidden, std::size_t length, std::size_t width,
                       const NextTokens& tokens, std::span<const float> head,
                       NextTokenMemory& memory, float* dhidden, std::span<float> dhead);

/// The loss alone.
double next_token_loss(const float* hidden, std::size_t width, const NextTokens& tokens,
                       std::span<const float> head, NextTokenMemory& memory);

}  // namespace pith
