// Text from a decoder, several texts side by side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "messages/result.h"
#include "stages/network/decoder.h"
#include "stages/network/next_token.h"

namespace pith {

struct GenerateRequest {
  std::vector<std::int32_t> prompt;    ///< [length >= 1], special tokens included.
  std::vector<std::int32_t> stop_ids;  ///< Any of these ends the text, and is not part of it.
  std::size_t tokens_max = 0;          ///< New tokens at most.
  Sampling sampling;
  /// Changes the logits [vocab_size] that the next token is chosen from, behind what is written so
  /// far; empty: they stay. Must not depend on anything else.
  std::function<void(std::span<const std::int32_t> written, std::span<float> logits)> adjust = {};
  /// What stands before the prompt already, for prompts that begin alike, or null: it is copied.
  /// Positions go on behind its last.
  const DecoderCache* prefix = nullptr;
};

enum class GenerateEnd : std::uint8_t {
  kStopId,
  kTokensMax,
  kPositionsMax,  ///< The model has no positions left.
};

struct Generated {
  std::vector<std::int32_t> ids;
  double log_probability = 0;  ///< Of ids and the stop id, under the model's own softmax, in nats.
  GenerateEnd end = GenerateEnd::kTokensMax;
};

/// Answers in the requests' order. `side_by_side` >= 1 texts go through the decoder together; when
/// one ends the next begins, so memory is that of so many caches. A text does not depend on what
/// runs beside it (decoder.h). Errors: as Decoder::forward; kInvalidArgument: an empty prompt,
/// or one longer than the model allows.
Result<std::vector<Generated>> generate(const Decoder& decoder,
                                        std::span<const GenerateRequest> requests,
                                        std::size_t side_by_side, DecoderMemory& memory,
                                        const DecoderStop& stop = {});

}  // namespace pith
