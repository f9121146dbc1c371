// What a decoder is: the fields of a Hugging Face config.json of LlamaForCausalLM.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "messages/result.h"

namespace pith {

/// A causal Transformer decoder of the Llama kind (Touvron et al. 2023): RMSNorm before each half
/// of a layer, rotary positions, grouped-query attention, SwiGLU, no biases.
struct DecoderConfig {
  std::int32_t vocab_size = 0;
  std::int32_t hidden_size = 0;
  std::int32_t num_layers = 0;
  std::int32_t num_heads = 0;
  std::int32_t num_kv_heads = 0;  ///< Divides num_heads.
  std::int32_t head_size = 0;     ///< Even; need not be hidden_size / num_heads.
  std::int32_t intermediate_size = 0;
  std::int32_t max_positions = 0;
  float rms_norm_eps = 1e-6F;
  float rope_theta = 10000.0F;
  bool tied_head = false;              ///< The head is the embedding's table.
  std::int32_t bos_id = -1;            ///< -1: none.
  std::vector<std::int32_t> stop_ids;  ///< "eos_token_id": one or several.

  std::size_t query_width() const {
    return static_cast<std::size_t>(num_heads) * static_cast<std::size_t>(head_size);
  }
  std::size_t key_width() const {
    return static_cast<std::size_t>(num_kv_heads) * static_cast<std::size_t>(head_size);
  }
};

/// Reads `folder`/config.json. Errors: kFileUnreadable with file and field: a missing, wrong or
/// absurd value, an activation, bias, scaling of positions or architecture that Pith has not.
Result<DecoderConfig> read_decoder_config(const std::string& folder);
/// The same of the file's bytes. Errors: kFileUnreadable with the field.
Result<DecoderConfig> decoder_config_of(std::span<const std::uint8_t> document);

/// A config.json that decoder_config_of reads back as `config`, and Hugging Face's classes too.
std::string decoder_config_text(const DecoderConfig& config);

}  // namespace pith
