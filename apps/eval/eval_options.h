// What one run of `pith eval` is asked to do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stages/network/precision.h"

namespace pith {

enum class EvalTask : std::uint8_t { kQa = 1, kSummary = 2, kCode = 3, kLabels = 4 };

struct RecordSelection {
  std::vector<std::string> sources, languages;  ///< Empty: all.
  std::size_t limit = 0;                        ///< 0: all.
  std::uint64_t seed = 1;                       ///< Of the draw when there are more.
};

struct EvalOptions {
  EvalTask task = EvalTask::kQa;
  std::string data;
  RecordSelection selection;
  std::vector<double> times = {2, 3, 4, 5, 6};  ///< Original tokens / kept tokens.
  std::vector<std::string> policies;            ///< Names, files, folders; empty: what ships.
  std::vector<std::string> baselines;           ///< Of kBaselines.
  Precision precision = Precision::kFloat32;
  std::string tokenizer = "o200k_base";
  bool protect = false;    ///< As `pith serve` selects, literals kept, instead of by order alone.
  bool use_query = false;  ///< Policies are told the question.
  unsigned concurrency = 4;
  std::uint32_t bootstrap_draws = 2000;
  std::string against;  ///< The compressor that others are compared with; empty: the first policy.
  std::string metric;   ///< Of the table's intervals and the plot; empty: the task's first.
  std::string records_file;  ///< One JSON line a record and point; empty: none.
};

}  // namespace pith
