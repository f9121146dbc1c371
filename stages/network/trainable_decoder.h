// The decoder of decoder.h with a backward pass: what the trainers work on.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "stages/network/decoder_config.h"
#include "stages/network/layers/grouped_attention.h"
#include "stages/network/parameters.h"

namespace pith {

/// What a forward pass leaves for the backward pass; one per thread, used again and again.
struct DecoderTape {
  struct Layer {
    AlignedBuffer<float> attention_normal;     ///< [length, hidden]: behind the first norm.
    AlignedBuffer<float> query_key_value;      ///< [length, query_width + 2 key_width], rotated.
    AlignedBuffer<float> attention;            ///< [num_heads, length, attention_stride(length)]
    AlignedBuffer<float> context;              ///< [length, query_width]
    AlignedBuffer<float> middle;               ///< [length, hidden]: the sum behind attention.
    AlignedBuffer<float> feed_forward_normal;  ///< [length, hidden]: behind the second norm.
    AlignedBuffer<float> gate_up;              ///< [length, 2 intermediate]
    AlignedBuffer<float> activated;            ///< [length, intermediate]
    AlignedBuffer<float> output;               ///< [length, hidden]: the sum behind the layer.
  };
  std::vector<std::int32_t> ids;
  std::vector<std::uint8_t> visible;  ///< [length, length]; empty: causal.
  std::uint64_t dropout_seed = 0;
  float dropout_rate = 0.0F;
  AlignedBuffer<float> embedded;  ///< [length, hidden]
  AlignedBuffer<float> angles;    ///< [length, head_size]
  AlignedBuffer<float> output;    ///< [length, hidden]: behind the last norm.
  std::vector<Layer> layers;
  AlignedBuffer<float> dhidden, dbranch, dwidth, dwide, dgate_up, dquery_key_value;  ///< Gradients.
  AttentionMemory attention;
};

/// The decoder over one sequence at a time, float32. The parameters are an array of layout(), with
/// Hugging Face's names, so that what is trained here is saved as a folder that Decoder::open
/// reads. Thread-safe: const after construction.
class TrainableDecoder {
 public:
  explicit TrainableDecoder(const DecoderConfig& config);

  const DecoderConfig& config() const { return config_; }
  const ParameterLayout& layout() const { return layout_; }
  /// [vocab_size, hidden_size]: what next_token_loss multiplies with; the embedding's table when
  /// the head is tied.
  std::size_t head() const { return head_; }

  /// Hides slot `slot` < `row` from token `row` when it gives false.
  using Sees = std::function<bool(std::size_t row, std::size_t slot)>;

  /// Gives what the head multiplies, [length, hidden_size], inside the tape. Ids and positions must
  /// be inside their ranges, length >= 1. Dropout, at rate > 0, stands behind the embedding and
  /// before both residual sums; its masks follow from the seed.
  const float* forward(std::span<const float> parameters, std::span<const std::int32_t> ids,
                       std::span<const std::int32_t> positions, const Sees& sees,
                       float dropout_rate, std::uint64_t dropout_seed, DecoderTape& tape) const;

  /// From dhidden = dL/d(what forward gave), [length, hidden_size]: adds to `gradients`, an array
  /// of layout().
  void backward(std::span<const float> parameters, const float* dhidden, DecoderTape& tape,
                std::span<float> gradients) const;

 private:
  /// Places of a layer's tensors. Queries, keys and values lie one behind the other, gates and ups
  /// too: one product for all.
  struct LayerPlaces {
    std::size_t attention_gain, query_key_value, attention_output, feed_forward_gain, gate_up, down;
  };
  LayerPlaces add_layer(const std::string& name);
  void layer_forward(std::span<const float> parameters, const LayerPlaces& places,
                     const float* input, std::size_t layer, DecoderTape& tape) const;
  void layer_backward(std::span<const float> parameters, const LayerPlaces& places,
                      const float* input, std::size_t layer, DecoderTape& tape,
                      std::span<float> gradients) const;
  void feed_forward_backward(std::span<const float> parameters, const LayerPlaces& places,
                             std::size_t layer, DecoderTape& tape,
                             std::span<float> gradients) const;
  GroupedHeads heads() const {
    return {static_cast<std::size_t>(config_.num_heads),
            static_cast<std::size_t>(config_.num_kv_heads),
            static_cast<std::size_t>(config_.head_size)};
  }
  std::span<const float> gain_at(std::span<const float> parameters, std::size_t place) const {
    return parameters.subspan(place, static_cast<std::size_t>(config_.hidden_size));
  }

  DecoderConfig config_;
  ParameterLayout layout_;
  std::size_t word_table_ = 0, output_gain_ = 0, head_ = 0;
  std::vector<LayerPlaces> layers_;
};

}  // namespace pith
