// An encoder's weights, in the form its products want them.
#pragma once

#include <string>
#include <vector>

#include "messages/result.h"
#include "stages/model_files/tensor_files.h"
#include "stages/network/encoder_config.h"
#include "stages/network/layers/layer_norm.h"
#include "stages/network/packed_linear.h"

namespace pith {

struct NormWeights {
  std::vector<float> gain, bias;  ///< [hidden_size]
  float epsilon = 0.0F;
  LayerNormWeights view() const { return {gain, bias, epsilon}; }
};

struct EncoderLayerWeights {
  PackedLinear query_key_value;  ///< hidden -> 3 hidden, in this order.
  PackedLinear attention_output;
  NormWeights attention_norm;
  PackedLinear up;
  PackedLinear down;
  NormWeights output_norm;
};

/// The number type of each kind of product in a layer.
struct LayerPrecision {
  Precision query_key_value = Precision::kFloat32;
  Precision attention_output = Precision::kFloat32;
  Precision up = Precision::kFloat32;
  Precision down = Precision::kFloat32;
};

/// Tables that are only looked up stay in the mapped files; the rest is packed.
struct EncoderWeights {
  TensorFiles files;
  TensorView word_table;          ///< [vocab_size, hidden_size]
  TensorView position_table;      ///< [max_positions, hidden_size]
  std::vector<float> type_table;  ///< [type_vocab_size, hidden_size]: type 0 and features.
  NormWeights embedding_norm;
  std::vector<EncoderLayerWeights> layers;
  std::vector<float> classifier;       ///< [num_labels, hidden_size]
  std::vector<float> classifier_bias;  ///< [num_labels]
};

/// Reads the tensors as Hugging Face's BertForTokenClassification and
/// XLMRobertaForTokenClassification name them. Errors: kFileUnreadable, naming file and tensor.
Result<EncoderWeights> read_encoder_weights(const std::string& folder, const EncoderConfig& config,
                                            const LayerPrecision& precision);

}  // namespace pith
