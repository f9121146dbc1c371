// Training an n-gram policy: documents in, one *.ngram file out.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "apps/train/progress.h"
#include "apps/train/text_corpus.h"
#include "messages/result.h"
#include "stages/score/ngram_counts.h"

namespace pith {

struct NgramTrainOptions {
  std::vector<std::string> data;  ///< *.jsonl or *.jsonl.zst
  std::string out;
  std::string name;   ///< Empty: the file's name without its ending.
  std::string valid;  ///< Empty: no perplexity.
  std::vector<std::string>
      leave_out_texts_of;  ///< Files whose texts must not be in a training document.
  CorpusSelection selection;
  int order = 3;
  std::uint32_t vocab_size = 8000;
  double character_coverage = 0.9995;
  double vocab_sample_mb = 12.0;  ///< Text that the vocabulary is trained on.
  double size_mb = 2.5;           ///< Of the whole file.
  ngram::Smoothing smoothing = ngram::Smoothing::kKneserNey;
  std::string word_surprisal = "sum";
};

/// Told what goes on: one line, no line end.

/// Same options, same files, same machine word size: the same bytes.
/// Errors: kFileUnreadable, kInvalidArgument, kStorageFailed.
Result<Done> train_ngram(const NgramTrainOptions& options, const Progress& progress);

/// How well a model predicts text it has not seen.
struct HeldOutFit {
  std::uint64_t documents = 0, bytes = 0, pieces = 0;
  double nats = 0.0;
  double perplexity_per_piece() const;
  double bits_per_byte() const;
};

/// Over the documents of `paths` that `selection` takes. Errors: kFileUnreadable, kInvalidArgument.
Result<HeldOutFit> held_out_fit(const std::string& policy_path,
                                const std::vector<std::string>& paths,
                                const CorpusSelection& selection);

}  // namespace pith
