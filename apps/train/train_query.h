// `pith train query`: what a reader's question says about which words matter.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "apps/train/progress.h"
#include "apps/train/reader_records.h"
#include "messages/result.h"
#include "stages/tokenize/token_counter.h"

namespace pith {

struct QueryTrainOptions {
  std::string policy;  ///< A linear policy's file, or an encoder's folder with words.linear.
  std::vector<std::string> data;  ///< Questions: context, question, answers a line.
  RecordFilter filter;
  std::string out;  ///< As `policy`: a file, or a folder.
  std::uint32_t epochs = 3;
  std::vector<double> times = {2, 3, 4, 5, 6};  ///< Words / words kept.
  float learning_rate = 0.02F;
  float anchor_share = 0.3F;  ///< What the question's own words beside an answer are worth.
  float plain_share = 0.5F;   ///< What all words that would stay without the question are worth.
  std::uint64_t seed = 1;
  /// Counts what words cost (word_value.h); null: all the same.
  std::shared_ptr<const TokenCounter> counter;
};

/// Adds weights for LinearFeatures::of_query to a policy, whose others stay. Every question draws a
/// rate; t is where the policy with the question cuts the text's words, by value_order, at it, and
/// the words of an answer have the loss -log sigmoid(z - t), whose gradient goes through t as well:
/// what is raised displaces what is next to the cut (exploration_band.h says why). Of an answer's
/// places in the text that in the sentence with most of the question counts. Questions that no span
/// answers are left out. AdaGrad; same seed, same file. Errors: kFileUnreadable, kInvalidArgument,
/// kStorageFailed.
Result<Done> train_query(const QueryTrainOptions& options, const Progress& progress);

}  // namespace pith
