// `pith train reader`: the built-in reader of questions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/train/progress.h"
#include "apps/train/reader_records.h"
#include "apps/train/span_training.h"
#include "messages/result.h"

namespace pith {

struct ReaderTrainOptions {
  std::vector<std::string> data;  ///< Question files.
  RecordFilter filter;
  std::string out;  ///< Folder of the run; the reader is written to it, too.
  std::uint32_t epochs = 2;
  float learning_rate = 0.04F;
  int weight_bits = 22;
  float unanswerable_bias = -4.0F;
  double checkpoint_s = 30;
  std::uint64_t record_steps = 1000;  ///< Of the lines in run.jsonl.
  SpanTrainingOptions training;
};

/// Trains, or goes on where an earlier run of the same options in `out` was stopped; the result
/// does not depend on stops. Errors: kFileUnreadable, kStorageFailed; kInvalidArgument: the data,
/// or `out` holds a run of other options.
Result<Done> train_reader(const ReaderTrainOptions& options, const Progress& progress);

}  // namespace pith
