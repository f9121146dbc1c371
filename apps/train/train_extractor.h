// `pith train extractor`: the built-in reader of transcripts that answers in their own words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/train/extract_training.h"
#include "apps/train/progress.h"
#include "messages/result.h"

namespace pith {

struct ExtractorTrainOptions {
  std::vector<std::string> data;  ///< Records of the tasks code and summary.
  std::vector<std::string> leave_out_sources;
  std::string out;  ///< Folder of the run; the reader is written to it, too.
  std::uint32_t epochs = 5;
  float learning_rate = 0.04F;
  int weight_bits = 22;
  float run_cost = 3.0F;
  double checkpoint_s = 30;
  std::uint64_t record_steps = 1000;  ///< Of the lines in run.jsonl.
  ExtractTrainingOptions training;
};

/// Trains, or goes on where an earlier run of the same options in `out` was stopped; the result
/// does not depend on stops. Errors: kFileUnreadable, kStorageFailed; kInvalidArgument: the data,
/// or `out` holds a run of other options.
Result<Done> train_extractor(const ExtractorTrainOptions& options, const Progress& progress);

}  // namespace pith
