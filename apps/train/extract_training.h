// One step after the other of an extractive reader's log-linear model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "apps/reader/extract_features.h"
#include "apps/reader/span_scores.h"
#include "apps/train/hashed_adagrad.h"
#include "apps/train/summary_records.h"

namespace pith {

struct ExtractTrainingOptions {
  float dropout = 0.3F;  ///< Share of features left out of a step.
  float weight_decay = 1e-6F;
  double deleted_share = 0.3;  ///< Of the texts lose words.
  double most_deletion = 6;    ///< These are shortened to 1/1 .. 1/6 of their words.
  std::uint64_t seed = 1;
};

/// The text that a record is read with in a step: as it is, or with words deleted.
std::string training_text(const SummaryRecord& record, const ExtractTrainingOptions& options,
                          std::uint64_t step);

/// Which words of the text the summary has, how often, and how long it is.
class ExtractTraining {
 public:
  ExtractTraining(std::size_t num_weights, ExtractTrainingOptions options);

  /// Learns from one record; the mean loss of a word before the update, nullopt when there is
  /// nothing to learn. `step` decides every draw.
  std::optional<double> learn(const SummaryRecord& record, const WordRarity& rarity,
                              std::uint64_t step);

  HashedAdagrad& table() { return table_; }

 private:
  ExtractTrainingOptions options_;
  HashedAdagrad table_;
  FeatureRows rows_;
  std::vector<double> gradient_;  ///< [rows]
};

}  // namespace pith
