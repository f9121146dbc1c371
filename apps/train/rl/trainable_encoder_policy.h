// An encoder keep policy in training: the folder that EncoderPolicy serves.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/train/rl/trainable_policy.h"
#include "stages/network/trainable_encoder.h"
#include "stages/score/linear_policy.h"
#include "stages/tokenize/hf_tokenizer.h"

namespace pith {

/// Gives a text's words the logits that EncoderPolicy gives them, words.linear's added where the
/// folder has one.
class TrainableEncoderPolicy final : public TrainablePolicy {
 public:
  /// A Hugging Face folder as EncoderPolicy::open reads it. Errors: kFileUnreadable.
  static Result<std::unique_ptr<TrainableEncoderPolicy>> open(const std::string& folder);

  const ParameterLayout& layout() const override { return encoder_.layout(); }
  std::string file() const override { return folder_ + "/model.safetensors"; }
  std::vector<float> piece_logits(std::span<const float> parameters, const PolicyText& text,
                                  EncoderTape& tape) const override;
  /// Computes every chunk anew.
  void backward(std::span<const float> parameters, const PolicyText& text,
                std::span<const float> dpieces, EncoderTape& tape,
                std::span<float> gradients) const override;
  std::size_t keep_bias() const override { return encoder_.classifier_bias() + 1; }
  /// Tables of pieces, positions and features.
  std::size_t embedding_parameters() const override;
  /// The folder becomes one that `pith compress --policy` opens.
  Result<Done> write(const std::string& folder, std::span<const float> parameters) const override;

 private:
  TrainableEncoderPolicy(std::string folder, const EncoderConfig& config,
                         std::shared_ptr<const HfTokenizer> tokenizer);
  void see(PolicyText& text) const override;
  const float* forward(std::span<const float> parameters, const EncoderChunk& chunk,
                       EncoderTape& tape) const;

  std::string folder_;
  TrainableEncoder encoder_;
  std::shared_ptr<const HfTokenizer> tokenizer_;
  ChunkSpecials specials_;
  std::optional<LinearModel> words_;  ///< Stays as it is.
};

}  // namespace pith
