// What an encoder is: the fields of a Hugging Face config.json that its graph depends on.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "messages/result.h"

namespace pith {

enum class EncoderKind : std::uint8_t { kBert, kXlmRoberta };

/// A post-LN Transformer encoder with learned absolute positions, erf GELU and a token classifier.
struct EncoderConfig {
  EncoderKind kind = EncoderKind::kBert;
  std::int32_t vocab_size = 0;
  std::int32_t hidden_size = 0;
  std::int32_t num_layers = 0;
  std::int32_t num_heads = 0;
  std::int32_t intermediate_size = 0;
  std::int32_t max_positions = 0;  ///< Rows of the position table.
  std::int32_t type_vocab_size = 0;
  std::int32_t pad_id = 0;
  std::int32_t num_labels = 2;
  /// Pith's own addition ("pith_features"): how many further rows of the token type table are added
  /// to every piece's embedding, and what they say of it, for whoever makes them; 0: a plain model.
  std::int32_t features_per_piece = 0;
  std::string features;
  float layer_norm_eps = 1e-12F;

  /// Longest sequence: XLM-R's table begins after pad_id, so two of its 514 rows are never used.
  std::int32_t length_max() const {
    return kind == EncoderKind::kXlmRoberta ? max_positions - pad_id - 1 : max_positions;
  }
};

/// Reads `folder`/config.json. Errors: kFileUnreadable with file and field: a missing, wrong or
/// absurd value, an activation, position type or architecture that Pith has not.
Result<EncoderConfig> read_encoder_config(const std::string& folder);
/// The same of the file's bytes. Errors: kFileUnreadable with the field.
Result<EncoderConfig> encoder_config_of(std::span<const std::uint8_t> document);

}  // namespace pith
