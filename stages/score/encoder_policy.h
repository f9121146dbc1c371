// The policy of LLMLingua-2: an encoder says of every piece whether it stays.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "stages/network/encoder.h"
#include "stages/score/encoder_chunks.h"
#include "stages/score/keep_policy.h"
#include "stages/score/linear_policy.h"
#include "stages/score/score_memo.h"

namespace pith {

/// keep_prob = sigmoid of the mean, over a word's pieces, of keep logit - drop logit (Pan et al.
/// 2024, arXiv 2403.12968, but for words of the original text and logits instead of probabilities).
/// A text longer than the network's window is cut (chunk_cuts.h); its prose regions stand behind
/// one another. A model that wants repeat_features (config.json: "pith_features") gets them, of the
/// whole text, not of its chunks. Where the folder holds a words.linear (linear_policy.h), its z is
/// added to a word's mean: `pith train sft` writes half of each. The query is used by words.linear
/// alone. Every text is scored by itself; texts are
/// only packed together.
class EncoderPolicy final : public KeepPolicy {
 public:
  /// A Hugging Face folder: config.json, weights in safetensors, tokenizer.json (or its elders, see
  /// load_hf_tokenizer). Reads all of it once, for the id. Errors: kFileUnreadable with file and
  /// field; kInvalidArgument when the CPU lacks options.precision.
  static Result<std::shared_ptr<const EncoderPolicy>> open(const std::string& folder,
                                                           const PolicyOptions& options);

  /// `encoder` has two labels: drop, keep. `tokenizer` gives ids below its vocab_size.
  EncoderPolicy(std::shared_ptr<const Encoder> encoder, std::shared_ptr<const Tokenizer> tokenizer,
                ChunkSpecials specials, std::string id, std::string name, std::size_t memo_bytes,
                std::optional<LinearModel> words = {});

  /// sha256 of "SHA256  NAME\n" for each file of the folder that counts, as sha256sum prints them.
  const std::string& id() const override { return id_; }
  /// The folder's name.
  const std::string& name() const override { return name_; }
  const Tokenizer& tokenizer() const override { return *tokenizer_; }
  bool reads_queries() const override { return words_.has_value(); }
  /// Chunks run in groups of about 512 pieces, side by side on the threads of the caller's arena;
  /// limits are checked between layers.
  Result<Done> score(std::span<ScoreItem> batch, const ScoreLimits& limits) const override;

  const Encoder& encoder() const { return *encoder_; }
  const ScoreMemo& memo() const { return memo_; }

 private:
  struct Chunk;
  Result<Done> run(std::span<Chunk* const> chunks, const ScoreLimits& limits) const;
  Result<Done> run_group(std::span<Chunk* const> group, const StopCheck& stop) const;

  std::shared_ptr<const Encoder> encoder_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  ChunkSpecials specials_;
  std::string id_;
  std::string name_;
  mutable ScoreMemo memo_;
  std::optional<LinearModel> words_;
};

}  // namespace pith
