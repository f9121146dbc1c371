// A Transformer encoder that classifies every token: the network of LLMLingua-2.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "messages/result.h"
#include "stages/network/encoder_config.h"
#include "stages/network/precision.h"
#include "stages/network/stop_check.h"

namespace pith {

/// One sequence, special tokens included, without padding. A position that the attention mask would
/// hide is simply left out, the others keep their position numbers.
struct EncoderSequence {
  std::span<const std::int32_t> ids;        ///< [length], each in [0, vocab_size).
  std::span<const std::int32_t> positions;  ///< [length], each in [0, max_positions).
  /// [length, features_per_piece], each in [0, type_vocab_size): rows added to the piece's
  /// embedding beside row 0, which every piece has.
  std::span<const std::int32_t> features = {};
};

/// Position numbers as the model's own code gives them. BERT: 0, 1, 2...; XLM-R: ids other than
/// pad_id count up from pad_id + 1, a pad_id has position pad_id.
std::vector<std::int32_t> position_ids(const EncoderConfig& config,
                                       std::span<const std::int32_t> ids);

/// Thread-safe: const after opening; each call takes a working memory from a pool, so that nothing
/// is allocated once the pool has seen the longest batch. Uses the caller's thread only.
class Encoder {
 public:
  /// A Hugging Face folder: config.json, and model.safetensors or model.safetensors.index.json.
  /// kInt8 is held to its accuracy when opened: on a fixed probe of 256 tokens the change of a
  /// probability against float32, its mean and six standard deviations, may be 0.02; where it is
  /// more, the feed-forward expansion, and then all products, use bfloat16 (float32 where the CPU
  /// has none). That takes one float32 and up to three int8 openings. Errors: kFileUnreadable,
  /// naming file and field; kInvalidArgument when the CPU lacks `precision`.
  static Result<std::shared_ptr<const Encoder>> open(const std::string& folder,
                                                     Precision precision);
  virtual ~Encoder() = default;

  virtual const EncoderConfig& config() const = 0;
  virtual Precision precision() const = 0;
  /// What each kind of product in a layer really uses, for people: "query_key_value int8,
  /// attention_output int8, up bfloat16, down int8".
  virtual const std::string& products() const = 0;

  /// Logits of all sequences, one behind the other: [sum of lengths, num_labels], row-major.
  /// Sequences are packed, attention is within each; a sequence's logits do not depend on what it
  /// is packed with (on x86-64 bit for bit, elsewhere but for rounding). Errors: kInvalidArgument
  /// (an id or a position out of range), what `stop` gives.
  virtual Result<std::vector<float>> forward(std::span<const EncoderSequence> sequences,
                                             const StopCheck& stop = {}) const = 0;
};

}  // namespace pith
