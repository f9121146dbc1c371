// One step after the other of a span reader's log-linear model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/reader/span_match.h"
#include "apps/reader/span_scores.h"
#include "apps/train/hashed_adagrad.h"
#include "apps/train/reader_records.h"
#include "apps/train/span_loss.h"

namespace pith {

struct SpanTrainingOptions {
  float dropout = 0.3F;  ///< Share of features left out of a step.
  float weight_decay = 1e-6F;
  double deleted_share = 0.3;  ///< Of the texts lose words.
  double most_deletion = 6;    ///< These are shortened to 1/1 .. 1/6 of their words.
  double answer_kept = 0.8;    ///< Share of them whose answers stay whole.
  std::uint64_t seed = 1;
};

/// The text that a record is read with in a step: as it is, or with words deleted.
std::string training_text(const ReaderRecord& record, const SpanTrainingOptions& options,
                          std::uint64_t step);

/// Reads `text` under the record's question, without scores. False: there is nothing to learn.
bool prepare_reading(const ReaderRecord& record, std::string_view text, const WordRarity& rarity,
                     SpanReading& reading, SpanTargets& targets);

/// Adagrad (Duchi et al. 2011) on span_loss().
class SpanTraining {
 public:
  SpanTraining(std::size_t num_weights, SpanTrainingOptions options);

  /// Learns from one record; the loss over whole spans before the update, nullopt when there
  /// is nothing to learn. `step` decides every draw.
  std::optional<double> learn(const ReaderRecord& record, const WordRarity& rarity,
                              std::uint64_t step);

  HashedAdagrad& table() { return table_; }

 private:
  SpanTrainingOptions options_;
  HashedAdagrad table_;
  SpanReading reading_;
  SpanGradient gradient_;
};

}  // namespace pith
