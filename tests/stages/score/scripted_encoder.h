// An encoder that does what a test asks, and remembers.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "stages/network/encoder.h"
#include "stages/score/repeat_features.h"

namespace pith {

/// A position's keep logit depends on its id, the ids beside it and the sequence's length; the drop
/// logit is 0.
class ScriptedEncoder final : public Encoder {
 public:
  explicit ScriptedEncoder(std::int32_t length_max) {
    config_.vocab_size = 1 << 20;
    config_.hidden_size = config_.num_layers = config_.num_heads = config_.intermediate_size = 1;
    config_.max_positions = length_max;
    config_.type_vocab_size = 1;
  }

  /// From now on repeat_features are made for it; it does not look at them.
  void want_features() { config_.features_per_piece = kRepeatFeaturesPerPiece; }

  const EncoderConfig& config() const override { return config_; }
  Precision precision() const override { return Precision::kFloat32; }
  const std::string& products() const override { return products_; }

  static float logit_of(std::span<const std::int32_t> ids, std::size_t at) {
    float sum = static_cast<float>(ids[at] % 17) - 8.0F + 0.01F * static_cast<float>(ids.size());
    if (at > 0) sum += 0.125F * static_cast<float>(ids[at - 1] % 5);
    if (at + 1 < ids.size()) sum -= 0.25F * static_cast<float>(ids[at + 1] % 3);
    return 0.5F * sum;
  }

  Result<std::vector<float>> forward(std::span<const EncoderSequence> sequences,
                                     const StopCheck& stop) const override {
    {
      const std::lock_guard lock(mutex_);
      calls_.emplace_back();
      for (const EncoderSequence& sequence : sequences) {
        calls_.back().emplace_back(sequence.ids.begin(), sequence.ids.end());
      }
    }
    for (int layer = 0; layer < 4; ++layer) {
      if (before_layer_) before_layer_(sequences, layer);
      if (stop) {
        if (auto reason = stop()) return *std::move(reason);
      }
    }
    if (fails_) return Error{ErrorCode::kInternal, "asked to fail"};
    std::vector<float> logits;
    for (const EncoderSequence& sequence : sequences) {
      for (std::size_t i = 0; i < sequence.ids.size(); ++i) {
        logits.push_back(0.0F);
        logits.push_back(keep_logit_.value_or(logit_of(sequence.ids, i)));
      }
    }
    return logits;
  }

  /// The sequences of each call so far.
  std::vector<std::vector<std::vector<std::int32_t>>> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

  std::function<void(std::span<const EncoderSequence>, int layer)> before_layer_;
  bool fails_ = false;
  std::optional<float> keep_logit_;  ///< In place of logit_of.

 private:
  EncoderConfig config_;
  std::string products_ = "scripted";
  mutable std::mutex mutex_;
  mutable std::vector<std::vector<std::vector<std::int32_t>>> calls_;
};

}  // namespace pith
