// The encoder of encoder.h with a backward pass: what the trainers work on.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "stages/network/encoder.h"
#include "stages/network/encoder_config.h"
#include "stages/network/layers/attention.h"
#include "stages/network/parameters.h"

namespace pith {

/// What a forward pass leaves for the backward pass; one per thread, used again and again.
struct EncoderTape {
  struct Layer {
    AlignedBuffer<float> query_key_value;  ///< [length, 3 hidden]
    AlignedBuffer<float> attention;        ///< [num_heads, length, attention_stride(length)]
    AlignedBuffer<float> context;          ///< [length, hidden]
    AlignedBuffer<float> attention_sum;    ///< [length, hidden]: before the norm.
    AlignedBuffer<float> middle;           ///< [length, hidden]: behind it.
    AlignedBuffer<float> wide;             ///< [length, intermediate]: before GELU.
    AlignedBuffer<float> activated;        ///< [length, intermediate]
    AlignedBuffer<float> output_sum;       ///< [length, hidden]: before the norm.
    AlignedBuffer<float> output;           ///< [length, hidden]
  };
  std::vector<std::int32_t> ids, positions, features;
  std::uint64_t dropout_seed = 0;
  float dropout_rate = 0.0F;
  AlignedBuffer<float> embedding_sum;  ///< [length, hidden]: before the norm.
  AlignedBuffer<float> embedded;       ///< [length, hidden]
  std::vector<Layer> layers;
  AlignedBuffer<float> dhidden, dbranch, dmiddle, dwide, dquery_key_value;  ///< Gradients.
  AttentionMemory attention;
};

/// A post-LN encoder (encoder_config.h) over one sequence at a time, float32. The parameters are an
/// array of layout(), with the names of Hugging Face's models, so that what is trained here is
/// saved as a folder that Encoder::open reads. Thread-safe: const after construction.
class TrainableEncoder {
 public:
  /// `num_loss_parameters` numbers of a loss's own are trained along: "loss.parameters".
  explicit TrainableEncoder(const EncoderConfig& config, std::uint64_t num_loss_parameters = 0);

  const EncoderConfig& config() const { return config_; }
  const ParameterLayout& layout() const { return layout_; }
  /// [num_labels, hidden_size] and [num_labels] of the token classifier: left to the losses.
  std::size_t classifier_weight() const { return classifier_weight_; }
  std::size_t classifier_bias() const { return classifier_bias_; }
  /// [num_loss_parameters]
  std::size_t loss_parameters() const { return loss_parameters_; }
  /// [vocab_size, hidden_size]; also the output matrix of masked-language-model pretraining.
  std::size_t word_table() const { return word_table_; }

  /// Gives the last layer's output, [length, hidden_size], inside the tape. Ids, positions and
  /// features must be inside the tables, length >= 1. Dropout, at rate > 0, stands behind the
  /// embedding's norm and before both residual sums; its masks follow from the seed.
  const float* forward(std::span<const float> parameters, const EncoderSequence& sequence,
                       float dropout_rate, std::uint64_t dropout_seed, EncoderTape& tape) const;

  /// From dhidden = dL/d(what forward gave), [length, hidden_size]: adds to `gradients`, an array
  /// of layout().
  void backward(std::span<const float> parameters, const float* dhidden, EncoderTape& tape,
                std::span<float> gradients) const;

 private:
  /// Places of a layer's tensors. Queries, keys and values lie side by side: one product for all.
  struct LayerPlaces {
    std::size_t qkv_weight, qkv_bias, attention_weight, attention_bias, attention_gain,
        attention_shift, up_weight, up_bias, down_weight, down_bias, output_gain, output_shift;
  };
  LayerPlaces add_layer(const std::string& name);
  void layer_forward(std::span<const float> parameters, const LayerPlaces& places,
                     const float* input, std::size_t layer, EncoderTape& tape) const;
  void layer_backward(std::span<const float> parameters, const LayerPlaces& places,
                      const float* input, std::size_t layer, EncoderTape& tape,
                      std::span<float> gradients) const;

  EncoderConfig config_;
  ParameterLayout layout_;
  std::size_t word_table_ = 0, position_table_ = 0, type_table_ = 0, embedding_gain_ = 0,
              embedding_shift_ = 0, classifier_weight_ = 0, classifier_bias_ = 0,
              loss_parameters_ = 0;
  std::vector<LayerPlaces> layers_;
};

}  // namespace pith
