// The same numbers three ways: a table, JSON, a plot.
#pragma once

#include <string>

#include "apps/eval/eval_options.h"
#include "apps/eval/eval_summary.h"

namespace pith {

/// What a report says beside its numbers.
struct ReportContext {
  std::string task_name, data_sha256, reader_url, reader_model;  ///< reader_url empty: no reader.
  std::size_t num_in_file = 0;
  std::uint64_t num_requests = 0, num_retries = 0;
  std::string against;  ///< Compared with the others.
  std::size_t main_score = 0;
};

std::string table_report(const EvalOptions& options, const ReportContext& context,
                         const Evaluation& evaluation, const EvalSummary& summary);
/// One object on one line, without a line end.
std::string json_report(const EvalOptions& options, const ReportContext& context,
                        const Evaluation& evaluation, const EvalSummary& summary);
/// SVG: the main score against the rate, and the time of compression against the rate.
std::string plot_report(const ReportContext& context, const Evaluation& evaluation,
                        const EvalSummary& summary);
/// One line a record: what was measured at each point, the reader's answers with it.
std::string record_lines(const Evaluation& evaluation);

}  // namespace pith
