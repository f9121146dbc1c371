// The linear policy in training: the file that LinearPolicy serves.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "apps/train/rl/trainable_policy.h"
#include "stages/score/linear_policy.h"

namespace pith {

/// Its parameters are the weights of the features that have a slot, and a bias; a word counts as
/// one piece. Features without a slot get none.
class TrainableLinearPolicy final : public TrainablePolicy {
 public:
  /// A *.linear file. Errors: kFileUnreadable.
  static Result<std::unique_ptr<TrainableLinearPolicy>> open(const std::string& path);

  const ParameterLayout& layout() const override { return layout_; }
  std::string file() const override { return path_; }
  std::vector<float> piece_logits(std::span<const float> parameters, const PolicyText& text,
                                  EncoderTape& tape) const override;
  void backward(std::span<const float> parameters, const PolicyText& text,
                std::span<const float> dpieces, EncoderTape& tape,
                std::span<float> gradients) const override;
  std::size_t keep_bias() const override { return bias_; }
  /// Far above any gradient: steps in its proportion. A feature that is seen once must not move as
  /// far as one that is seen in every text.
  float epsilon() const override { return 1.0F; }
  /// `folder`/policy.linear. The bias is left out: it ranks nothing.
  Result<Done> write(const std::string& folder, std::span<const float> parameters) const override;

 private:
  TrainableLinearPolicy(std::string path, const LinearModel& model);
  void see(PolicyText& text) const override;
  /// As opened.
  float fixed_sum(std::span<const std::uint64_t> features) const;

  std::string path_;
  ParameterLayout layout_;
  std::size_t bias_ = 0;
  std::vector<std::uint16_t> tags_;       ///< [LinearModel::kNumSlots]
  std::vector<std::uint32_t> number_of_;  ///< [LinearModel::kNumSlots]: the slot's parameter.
};

}  // namespace pith
