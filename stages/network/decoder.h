// A causal decoder of the Llama kind: reads a text, and goes on with it token by token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "messages/result.h"
#include "stages/network/decoder_cache.h"
#include "stages/network/decoder_config.h"
#include "stages/network/decoder_weights.h"
#include "stages/network/parameters.h"

namespace pith {

/// May new token `row` of a call see slot `slot` of its cache? Asked once for every slot before the
/// row's own; a token always sees itself and never what comes behind it.
using SeesSlot = std::function<bool(std::size_t row, std::size_t slot)>;

/// The next tokens of one sequence: they go into the cache's next slots.
struct DecoderInput {
  DecoderCache* cache = nullptr;            ///< Made for this decoder's config; not null.
  std::span<const std::int32_t> ids;        ///< [length], each in [0, vocab_size).
  std::span<const std::int32_t> positions;  ///< [length], each in [0, max_positions).
  std::size_t first_logits = 0;             ///< Tokens from this one on get logits.
  SeesSlot sees;                            ///< Empty: everything before.
};

/// Working memory of one thread; grows to what it has met and stays.
struct DecoderMemory {
  AlignedBuffer<float> hidden;           ///< [rows, hidden]: what goes from layer to layer.
  AlignedBuffer<float> normal;           ///< [rows, hidden]: behind a norm.
  AlignedBuffer<float> query_key_value;  ///< [rows, query_width + 2 key_width]
  AlignedBuffer<float> context;          ///< [rows, query_width]: what attention gives.
  AlignedBuffer<float> gate_up;          ///< [rows, 2 intermediate]
  AlignedBuffer<float> activated;        ///< [rows, intermediate]
  AlignedBuffer<float> angles;           ///< [rows, head_size]
  AlignedBuffer<float> logits;
  std::vector<std::uint8_t> visible;
  CachedAttentionMemory attention;
  PanelMemory packed;
};

/// Asked between layers; a reason ends the work.
using DecoderStop = std::function<std::optional<Error>()>;

/// Thread-safe: const after opening. Uses the caller's thread only. float32.
class Decoder {
 public:
  /// A Hugging Face folder: config.json, and model.safetensors or model.safetensors.index.json.
  /// Errors: kFileUnreadable, naming file and field or tensor.
  static Result<std::shared_ptr<const Decoder>> open(const std::string& folder);
  /// What a trainer has now: `parameters` of a layout with Hugging Face's names, copied. Errors:
  /// kInvalidArgument, naming the tensor.
  static Result<std::shared_ptr<const Decoder>> from_parameters(const DecoderConfig& config,
                                                                const ParameterLayout& layout,
                                                                std::span<const float> parameters);

  Decoder(DecoderConfig config, DecoderWeights weights)
      : config_(std::move(config)), weights_(std::move(weights)) {}

  const DecoderConfig& config() const { return config_; }

  /// Appends the tokens to their caches. Gives the logits of the tokens asked for, sequence behind
  /// sequence: [number, vocab_size], inside `memory` until its next use. Each cache at most once.
  /// A token's logits do not depend on what else is in the call nor on how its text was cut into
  /// calls: on the same CPU bit for bit. Errors, with all caches as they were: kInvalidArgument (an
  /// id or a position out of range), what `stop` gives.
  Result<std::span<const float>> forward(std::span<const DecoderInput> inputs,
                                         DecoderMemory& memory, const DecoderStop& stop = {}) const;

 private:
  /// Tokens of one input that go through the layers together with others.
  struct Segment {
    const DecoderInput* input = nullptr;
    std::size_t first = 0;  ///< Of the input's tokens.
    std::size_t count = 0;
    std::size_t old_size = 0;  ///< Slots before this call.
    std::size_t flags = 0;     ///< Where in DecoderMemory::visible; only with `sees`.
    std::size_t num_slots() const { return old_size + first + count; }
  };
  std::optional<Error> invalid(std::span<const DecoderInput> inputs) const;
  std::optional<Error> run(std::span<Segment> group, std::size_t rows, const DecoderStop& stop,
                           DecoderMemory& memory, float*& logits) const;
  void embed(std::span<Segment> group, std::size_t rows, DecoderMemory& memory) const;
  void attend(const DecoderLayerWeights& weights, std::size_t layer, std::span<const Segment> group,
              std::size_t rows, DecoderMemory& memory) const;
  void feed_forward(const DecoderLayerWeights& weights, std::size_t rows,
                    DecoderMemory& memory) const;

  DecoderConfig config_;
  DecoderWeights weights_;
};

}  // namespace pith
