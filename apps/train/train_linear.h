// `pith train linear`: the policy that costs microseconds.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "apps/train/labelled_texts.h"
#include "apps/train/progress.h"
#include "apps/train/summary_labels.h"
#include "messages/result.h"
#include "stages/score/linear_policy.h"

namespace pith {

struct LinearTrainOptions {
  std::vector<std::string> data;  ///< Label files.
  std::vector<std::string> leave_out_sources;
  SummaryLabelOptions summaries;  ///< More texts, labelled by what is said of them.
  std::string out;                ///< The *.linear file to write.
  std::uint32_t epochs = 5;
  float learning_rate = 0.05F;
  float weight_decay = 0.0F;    ///< Of a weight each time it is used.
  std::uint32_t times_min = 2;  ///< Rarer features have no weight.
  bool ordinal = true;          ///< Else the binary loss.
  std::uint64_t seed = 1;
};

/// AdaGrad (Duchi et al. 2011) on the ordinal loss of keep_loss.h, word by word, texts in an order
/// that follows from the seed. Words are split_words; one has the highest label that it overlaps.
LinearModel train_linear_model(std::span<const LabelledText* const> texts,
                               const LinearTrainOptions& options, const Progress& progress);

/// Reads, trains, writes. Errors: kFileUnreadable, kInvalidArgument, kStorageFailed.
Result<Done> train_linear(const LinearTrainOptions& options, const Progress& progress);

/// The highest label that each of `words` overlaps; 0 where it overlaps none.
std::vector<KeepLabel> labels_of_words(const LabelledText& text, std::span<const Word> words);

}  // namespace pith
