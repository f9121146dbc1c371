// `pith train vocab`, `pith train pretrain` and `pith train sft`: Pith's own small encoder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/train/progress.h"
#include "apps/train/summary_labels.h"
#include "apps/train/text_corpus.h"
#include "messages/result.h"

namespace pith {

/// Texts whose passages stay out of what is trained on: paths of {"text"} records.
struct CorpusOptions {
  std::vector<std::string> data;
  CorpusSelection selection;
  std::vector<std::string> leave_out_texts;
};

struct VocabTrainOptions {
  CorpusOptions corpus;
  std::string out;  ///< Folder: sentencepiece.bpe.model goes there.
  std::uint32_t vocab_size = 16000;
  double sample_mb = 30;
  double character_coverage = 0.9997;
};
Result<Done> train_vocab(const VocabTrainOptions& options, const Progress& progress);

struct EncoderTrainOptions {
  std::string vocab;  ///< Folder with sentencepiece.bpe.model.
  std::string init;   ///< Folder to begin with; empty: random weights.
  std::string out;    ///< Folder of the run; the encoder is written to it, too.
  std::int32_t num_layers = 3, hidden_size = 256, num_heads = 8, intermediate_size = 1024;
  std::int32_t window = 256;
  std::uint64_t steps = 0;  ///< 0: `epochs`.
  double epochs = 1;
  std::uint32_t batch_chunks = 32;
  float learning_rate = 1e-3F, dropout = 0.0F, weight_decay = 0.01F;
  double warmup = 0.05;  ///< Share of the steps.
  bool features = true;  ///< repeat_features beside the pieces.
  std::uint64_t seed = 1;
};

/// Masked-language-model pretraining.
Result<Done> pretrain_encoder(const CorpusOptions& corpus, const EncoderTrainOptions& options,
                              const Progress& progress);

struct LabelOptions {
  std::vector<std::string> data;  ///< Label files.
  std::vector<std::string> leave_out_sources;
  bool ordinal = true;  ///< Else the binary loss.
  /// A linear policy of the same labels goes into the folder, words.linear: served is the mean of
  /// both z.
  bool linear = true;
  SummaryLabelOptions summaries;  ///< Of the linear policy, too.
};

/// Supervised training on words labelled 0, 1 or 2.
Result<Done> train_sft(const LabelOptions& labels, const EncoderTrainOptions& options,
                       const Progress& progress);

}  // namespace pith
