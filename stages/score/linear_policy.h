// A policy that costs microseconds: logistic regression over hashed features of words.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "stages/score/keep_policy.h"
#include "stages/score/linear_features.h"

namespace pith {

/// The linear part of an encoder's folder.
inline constexpr const char* kWordsFile = "words.linear";

/// A table of weights for hashed features (the hashing trick, Weinberger et al. 2009) in which a
/// feature has a weight or has none: a slot belongs to the one feature whose tag it bears, so that
/// what was never seen in training does not borrow a weight.
class LinearModel {
 public:
  static constexpr unsigned kSlotBits = 20, kTagBits = 11;
  static constexpr std::size_t kNumSlots = std::size_t{1} << kSlotBits;
  static std::size_t slot_of(std::uint64_t feature) { return feature >> (64U - kSlotBits); }
  /// 1 .. 2^kTagBits - 1; 0 is an empty slot's.
  static std::uint16_t tag_of(std::uint64_t feature) {
    return static_cast<std::uint16_t>(1 + (feature & 0xFFFFFFFFU) % ((1U << kTagBits) - 1));
  }

  struct Slot {
    std::uint16_t tag = 0;
    std::int16_t weight = 0;  ///< In steps of kStep.
  };
  static constexpr float kStep = 1.0F / 2048.0F;

  /// A *.linear file: safetensors with "words-1.tags" and "words-1.weights", [kNumSlots] each.
  /// Errors: kFileUnreadable, naming file and tensor.
  static Result<LinearModel> open(const std::string& path);
  /// [kNumSlots] each; weights are rounded, and cut at +-16.
  LinearModel(std::span<const std::uint16_t> tags, std::span<const float> weights);
  /// Every weight times `factor`.
  LinearModel scaled(float factor) const;
  /// Errors: kStorageFailed.
  Result<Done> write(const std::string& path) const;

  std::span<const Slot> slots() const { return slots_; }  ///< [kNumSlots]
  /// z of every word: P(keep) = sigmoid(z). Errors: `stop`'s.
  Result<std::vector<float>> word_logits(std::string_view text, std::span<const Word> words,
                                         const StopCheck& stop, std::string_view query = {}) const;

 private:
  std::vector<Slot> slots_;
};

/// keep_prob = sigmoid of the sum of a word's weights (LinearFeatures), the query's included. Uses
/// no pieces. Time is linear in words.
class LinearPolicy final : public KeepPolicy {
 public:
  static Result<std::shared_ptr<const LinearPolicy>> open(const std::string& path);

  const std::string& id() const override { return id_; }
  /// The file's name without its ending.
  const std::string& name() const override { return name_; }
  const Tokenizer& tokenizer() const override;
  bool reads_queries() const override { return true; }
  Result<Done> score(std::span<ScoreItem> batch, const ScoreLimits& limits) const override;

 private:
  LinearPolicy(LinearModel model, std::string id, std::string name)
      : model_(std::move(model)), id_(std::move(id)), name_(std::move(name)) {}

  LinearModel model_;
  std::string id_, name_;
};

}  // namespace pith
