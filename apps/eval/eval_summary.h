// From cells to what is reported: means with intervals, and differences.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/eval/eval_run.h"
#include "stages/reward/metrics/bootstrap.h"

namespace pith {

struct ScoreSummary {
  Interval interval;
  std::size_t num_records = 0;  ///< That the score has a meaning for.
};

struct PointSummary {
  EvalPoint point;
  double achieved_rate = 0.0;  ///< Kept tokens of all records / original tokens.
  double compress_us_median = 0.0, compress_us_p95 = 0.0;
  double tokens_per_s = 0.0;  ///< Original tokens / time of compression.
  double reader_us_mean = 0.0;
  std::vector<ScoreSummary> scores;                       ///< [num_scores]
  std::map<std::string, std::vector<ScoreSummary>> rows;  ///< The same of parts of the records.
  std::optional<double> corpus_bleu;                      ///< In [0, 100]
};

struct Difference {
  double times = 0.0;
  std::string compressor, against;  ///< value = score of `compressor` - score of `against`
  std::string score;
  PairedDifference difference;
  double relative = 0.0;  ///< value / score of `against`; NaN when that is 0.
};

struct EvalSummary {
  std::size_t num_records = 0, origin_tokens = 0;
  std::map<std::string, std::size_t> row_sizes;
  std::vector<PointSummary> points;
  std::vector<Difference> differences;
};

/// Questions about one text are drawn together. Rows have no intervals of their own (low = high =
/// value). `against`: every other compressor is subtracted from it at each rate.
EvalSummary summarize(const Evaluation& evaluation, const std::string& against,
                      const BootstrapOptions& bootstrap);

}  // namespace pith
