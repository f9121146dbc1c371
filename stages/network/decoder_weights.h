// A decoder's weights, in the form its products want them.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "messages/result.h"
#include "stages/network/decoder_config.h"
#include "stages/network/layers/panel_product.h"

namespace pith {

struct DecoderLayerWeights {
  std::vector<float> attention_gain;  ///< [hidden_size]
  PanelMatrix query_key_value;        ///< hidden -> query_width + 2 key_width, in this order.
  PanelMatrix attention_output;       ///< query_width -> hidden
  std::vector<float> feed_forward_gain;
  PanelMatrix gate_up;  ///< hidden -> 2 intermediate: gates first.
  PanelMatrix down;     ///< intermediate -> hidden
};

struct DecoderWeights {
  std::vector<float> word_table;  ///< [vocab_size, hidden_size]; empty when the head is tied.
  std::vector<DecoderLayerWeights> layers;
  std::vector<float> output_gain;  ///< [hidden_size]
  PanelMatrix head;                ///< hidden -> vocab
};

/// A tensor of this name and shape as numbers, or why there is none.
using TensorSource = std::function<Result<std::vector<float>>(
    const std::string& name, std::span<const std::uint64_t> shape)>;

/// Asks for the tensors of Hugging Face's LlamaForCausalLM. Errors: what the source gives.
Result<DecoderWeights> read_decoder_weights(const DecoderConfig& config,
                                            const TensorSource& source);

}  // namespace pith
