// `pith train summarizer`: a small decoder that says what code or a transcript is about.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/train/progress.h"
#include "apps/train/summary_examples.h"
#include "messages/result.h"

namespace pith {

struct SummarizerTrainOptions {
  std::vector<std::string> data;  ///< Records of the tasks code and summary.
  std::vector<std::string> leave_out_sources;
  std::string vocab;  ///< Folder with sentencepiece.bpe.model.
  std::string init;   ///< Folder of a summarizer to begin with; empty: random weights.
  std::string out;    ///< Folder of the run; the reader is written to it, too.
  std::int32_t num_layers = 3, hidden_size = 192, num_heads = 6, num_kv_heads = 6;
  std::int32_t intermediate_size = 512;
  SummaryExampleOptions examples;
  std::size_t repeat_pieces = 3;  ///< Of the reader: DecoderReaderSettings.
  std::uint64_t steps = 0;        ///< 0: `epochs`.
  double epochs = 4;
  std::uint32_t batch = 32;  ///< Records an update.
  float learning_rate = 2e-3F, dropout = 0.1F, weight_decay = 0.01F;
  double warmup = 0.05;  ///< Share of the steps.
  double checkpoint_s = 30;
  std::uint64_t seed = 1;
};

/// Trains, or goes on where an earlier run of the same options in `out` was stopped; the result
/// does not depend on stops. Errors: kFileUnreadable, kStorageFailed; kInvalidArgument: the data,
/// the sizes, or `out` holds a run of other options.
Result<Done> train_summarizer(const SummarizerTrainOptions& options, const Progress& progress);

}  // namespace pith
