// Shortens every record in every way, asks the reader, keeps the numbers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "apps/eval/eval_options.h"
#include "apps/eval/shortener.h"
#include "apps/eval/task_records.h"
#include "messages/result.h"
#include "stages/reward/metrics/bleu.h"

namespace pith {

class Reader;

/// A way to shorten at one rate; the two controls come first.
struct EvalPoint {
  std::string compressor;      ///< "full", "none" or a shortener's name.
  std::string policy_id = {};  ///< Empty: no policy.
  double times = 0.0;          ///< 1 for full, 0 for none.
  bool control = false;        ///< full or none: not at a rate.
};

/// One record at one point.
struct EvalCell {
  std::uint32_t tokens = 0;
  double compress_us = 0.0;    ///< Scoring and choosing, as for this rate alone.
  double reader_us = 0.0;      ///< 0: no reader.
  std::vector<double> scores;  ///< As score_names(); NaN: no meaning here.
  BleuCounts bleu;             ///< Of summaries, with a reader.
  std::string answer;          ///< What was counted of the reader's answer.
};

struct EvaluatedRecord {
  std::string id, row;
  std::uint32_t group = 0, origin_tokens = 0;
  std::vector<EvalCell> cells;  ///< [num_points]
};

struct Evaluation {
  std::vector<std::string> score_names;
  std::vector<EvalPoint> points;
  std::vector<EvaluatedRecord> records;  ///< Those with every cell.
  std::size_t num_failed = 0;            ///< Records without an answer at some point: left out.
  std::size_t num_cached = 0;            ///< Answers that needed no request.
  std::int64_t prompt_tokens = 0, completion_tokens = 0;  ///< Of the others, as the reader told.
  std::string stopped;  ///< Why not all records were looked at; empty: they were.
};

struct EvalParts {
  std::vector<Shortener> shorteners;
  std::shared_ptr<const TokenCounter> counter;
  std::string models_dir;
  std::shared_ptr<const KeepPolicy> any_policy;  ///< Whose tokenizer the baselines use.
  Reader* reader = nullptr;                      ///< Null: rates, latency and proxies only.
};

/// `progress` takes how many records are done. A ceiling of the reader ends the run early, with
/// what is whole by then. Errors: of a policy; kInvalidArgument, kStorageFailed of the reader;
/// kUnavailable when the reader has failed 20 times and answered less often.
Result<Evaluation> evaluate(const EvalOptions& options, const EvalParts& parts,
                            const std::vector<TaskRecord>& records,
                            const std::function<void(std::size_t done)>& progress);

}  // namespace pith
