// Choosing the token that comes next.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stages/network/aligned_buffer.h"

namespace pith {

/// temperature 0: the likeliest token. Else softmax(logits / temperature), cut to the likeliest
/// tokens that together have probability top_p (Holtzman et al. 2020), drawn by `seed`.
struct Sampling {
  float temperature = 0.0F;
  float top_p = 1.0F;  ///< In (0, 1].
  std::uint64_t seed = 0;
};

/// Working memory, used again and again.
struct NextTokenChoice {
  AlignedBuffer<float> probabilities;
  std::vector<std::int32_t> order;
};

/// The token in place `step` of its text: a function of the logits, the sampling and the step
/// alone. Among equal logits the smaller id counts as likelier. logits [vocab_size], not empty.
std::int32_t choose_next_token(std::span<const float> logits, const Sampling& sampling,
                               std::uint64_t step, NextTokenChoice& memory);

/// log softmax(logits)[id], in nats.
double log_probability(std::span<const float> logits, std::int32_t id, NextTokenChoice& memory);

}  // namespace pith
