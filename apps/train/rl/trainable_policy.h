// A keep policy whose weights can be changed.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/train/rl/policy_text.h"
#include "messages/result.h"
#include "stages/network/trainable_encoder.h"

namespace pith {

/// Gives a text's words the logits that the served policy gives them. Thread-safe: const after
/// opening.
class TrainablePolicy {
 public:
  /// What `pith compress --policy` opens and can be trained: an encoder's folder, a linear
  /// policy's file by any name. Errors: kFileUnreadable; kInvalidArgument for an n-gram policy.
  static Result<std::unique_ptr<TrainablePolicy>> open(const std::string& path);
  virtual ~TrainablePolicy() = default;

  virtual const ParameterLayout& layout() const = 0;
  /// As they were opened: an array of layout().
  std::span<const float> weights() const { return weights_; }
  /// Where they came from.
  virtual std::string file() const = 0;

  /// All of `text` is prose. `reader` counts what words cost. With a query an encoder is trained as
  /// without, beside the weights for it that it has; of a linear policy those weights alone are.
  PolicyText read(std::string_view text, const TokenCounter& reader,
                  std::string_view query = {}) const;
  /// The same with words of the caller's; without costs.
  PolicyText read(std::string_view text, std::vector<Word> words,
                  std::string_view query = {}) const;

  /// The logit of every piece: [num_pieces].
  virtual std::vector<float> piece_logits(std::span<const float> parameters, const PolicyText& text,
                                          EncoderTape& tape) const = 0;
  /// Of every word, as served, but within [-30, 30]: [num_words].
  std::vector<float> word_scores(const PolicyText& text, std::span<const float> piece_logits) const;
  /// Those of pieces with what is added to their words: what actions per piece are drawn from.
  static std::vector<float> whole_logits(const PolicyText& text, std::vector<float> piece_logits);
  /// From dL/d(piece_logits): adds to `gradients`. Nothing when dpieces is empty.
  virtual void backward(std::span<const float> parameters, const PolicyText& text,
                        std::span<const float> dpieces, EncoderTape& tape,
                        std::span<float> gradients) const = 0;

  /// The parameter that is added to every logit.
  virtual std::size_t keep_bias() const = 0;
  /// How many of the first parameters are tables of embeddings.
  virtual std::size_t embedding_parameters() const { return 0; }
  /// What makes AdamW's steps fit: an encoder's as usual.
  virtual float epsilon() const { return 1e-6F; }

  /// Writes the policy into `folder`, which is made. Errors: kStorageFailed.
  virtual Result<Done> write(const std::string& folder,
                             std::span<const float> parameters) const = 0;

 protected:
  /// Pieces and what the policy sees of them; text and words are there.
  virtual void see(PolicyText& text) const = 0;

  std::vector<float> weights_;
};

}  // namespace pith
