// A keep policy whose weights can be changed: the folder that EncoderPolicy serves, opened to be
// trained.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/train/rl/policy_text.h"
#include "messages/result.h"
#include "stages/network/trainable_encoder.h"
#include "stages/score/linear_policy.h"
#include "stages/tokenize/hf_tokenizer.h"

namespace pith {

/// Gives a text's words the logits that EncoderPolicy gives them. Thread-safe: const after opening.
class TrainablePolicy {
 public:
  /// A Hugging Face folder as EncoderPolicy::open reads it. Errors: kFileUnreadable.
  static Result<std::unique_ptr<TrainablePolicy>> open(const std::string& folder,
                                                       std::uint64_t num_loss_parameters = 0);

  const TrainableEncoder& encoder() const { return encoder_; }
  /// The folder's weights; loss parameters are 0.
  std::span<const float> weights() const { return weights_; }

  /// All of `text` is prose. `reader` counts what words cost.
  PolicyText read(std::string_view text, const TokenCounter& reader) const;
  /// The same with words of the caller's; without costs.
  PolicyText read(std::string_view text, std::vector<Word> words) const;

  /// keep logit - drop logit of every piece: [num_pieces].
  std::vector<float> piece_logits(std::span<const float> parameters, const PolicyText& text,
                                  EncoderTape& tape) const;
  /// Of every word, as served, but within [-30, 30]: [num_words].
  std::vector<float> word_scores(const PolicyText& text, std::span<const float> piece_logits) const;
  /// From dL/d(piece_logits): adds to `gradients`. Computes every chunk anew.
  void backward(std::span<const float> parameters, const PolicyText& text,
                std::span<const float> dpieces, EncoderTape& tape,
                std::span<float> gradients) const;

  /// Tables of embeddings, position, features.
  std::size_t embedding_parameters() const;

  /// A folder that `pith compress --policy` opens; made if it is missing. Errors: kStorageFailed.
  Result<Done> write(const std::string& folder, std::span<const float> parameters) const;

 private:
  TrainablePolicy(std::string folder, const EncoderConfig& config,
                  std::shared_ptr<const HfTokenizer> tokenizer, std::uint64_t num_loss_parameters);
  void finish(PolicyText& text) const;
  const float* forward(std::span<const float> parameters, const PolicyChunk& chunk,
                       EncoderTape& tape) const;

  std::string folder_;
  TrainableEncoder encoder_;
  std::shared_ptr<const HfTokenizer> tokenizer_;
  std::int32_t begin_ = 0, end_ = 0;  ///< Special pieces.
  std::vector<float> weights_;
  std::optional<LinearModel> words_;  ///< Stays as it is.
};

}  // namespace pith
