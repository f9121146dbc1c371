#include "apps/eval/measure.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "apps/eval/eval_run.h"
#include "apps/eval/file_hash.h"
#include "apps/eval/reports.h"
#include "apps/eval/task_scores.h"
#include "apps/reader/built_in_reader.h"
#include "apps/reader/chat_reader.h"

namespace pith {
namespace {

Error wrong(std::string what) { return Error{ErrorCode::kInvalidArgument, std::move(what)}; }

int eval_error(const Error& error) {
  std::fprintf(stderr, "pith eval: %s\n", error.detail.c_str());
  return error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kUnknownPolicy ? 2
                                                                                              : 1;
}

/// "3", "3x": a third of the tokens stays; "0.4": the share that stays.
Result<double> parse_times(const std::string& text) {
  std::string digits = text;
  if (digits.ends_with('x')) digits.pop_back();
  char* end = nullptr;
  const double value = std::strtod(digits.c_str(), &end);
  if (digits.empty() || *end != '\0' || !(value > 0.0) || !(value <= 1000.0)) {
    return wrong("--rate " + text + ": neither a factor such as 4x nor a share such as 0.25");
  }
  return value < 1.0 ? 1.0 / value : value;
}

Result<Done> write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) return Error{ErrorCode::kFileUnreadable, path + ": cannot be written"};
  return Done{};
}

Result<Done> finish_options(EvalArguments& arguments) {
  EvalOptions& options = arguments.options;
  options.task = arguments.task == "qa"        ? EvalTask::kQa
                 : arguments.task == "summary" ? EvalTask::kSummary
                 : arguments.task == "labels"  ? EvalTask::kLabels
                                               : EvalTask::kCode;
  auto precision = parse_precision(arguments.precision);
  if (!precision) {
    return Error{precision.error().code, "--precision: " + precision.error().detail};
  }
  options.precision = *precision;
  if (options.task == EvalTask::kLabels && arguments.reader != "none") {
    return wrong("--task labels asks no reader");
  }
  if (!arguments.times.empty()) options.times.clear();
  for (const std::string& text : arguments.times) {
    const auto times = parse_times(text);
    if (!times) return times.error();
    options.times.push_back(*times);
  }
  if (std::ranges::find(options.baselines, "none") != options.baselines.end())
    options.baselines.clear();
  return Done{};
}

Result<ReportContext> context_of(const EvalArguments& arguments, const EvalParts& parts) {
  ReportContext context;
  context.task_name = arguments.task;
  const bool with_reader = arguments.reader != "none";
  if (with_reader) {
    context.reader_url = arguments.reader;
    context.reader_model = arguments.model;
  }
  const auto names = score_names(arguments.options.task, with_reader);
  if (!arguments.options.metric.empty()) {
    const auto found = std::ranges::find(names, arguments.options.metric);
    if (found == names.end())
      return wrong("--metric " + arguments.options.metric + ": not measured here");
    context.main_score = static_cast<std::size_t>(found - names.begin());
  }
  context.against = arguments.options.against;
  const auto called = [&](const std::string& name) {
    return std::ranges::any_of(parts.shorteners,
                               [&](const Shortener& s) { return s.name() == name; });
  };
  if (context.against.empty()) {
    // Policies come first; of baselines alone the one that is a policy.
    const bool policy_first = parts.shorteners.front().policy() != nullptr;
    context.against = policy_first || !called("self-information") ? parts.shorteners.front().name()
                                                                  : "self-information";
  }
  if (!called(context.against))
    return wrong("--against " + context.against + ": not measured here");
  return context;
}

/// A line on stderr every few seconds, with the time that is left.
class EvalProgress {
 public:
  explicit EvalProgress(std::size_t num_records) : num_records_(num_records) {}
  void operator()(std::size_t done) {
    const auto now = Clock::now();
    if (now - last_ < std::chrono::seconds(5) || done == 0) return;
    last_ = now;
    const double spent = std::chrono::duration<double>(now - begin_).count();
    const double left =
        spent / static_cast<double>(done) * static_cast<double>(num_records_ - done);
    std::fprintf(stderr, "pith eval: %zu of %zu records, %.0f s left\n", done, num_records_, left);
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::size_t num_records_;
  Clock::time_point begin_ = Clock::now(), last_ = begin_;
};

bool can_ask(const BuiltInReader& reader, EvalTask task) {
  return (reader.kind == BuiltInKind::kQuestions) == (task == EvalTask::kQa);
}

Result<int> measure(EvalArguments& arguments) {
  EvalOptions& options = arguments.options;
  if (auto done = finish_options(arguments); !done) return done.error();
  auto parts = load_parts(options);
  if (!parts) return parts.error();
  auto context = context_of(arguments, *parts);
  if (!context) return context.error();
  auto records =
      read_task_records(options.data, options.task, options.selection, &context->num_in_file);
  if (!records) return records.error();
  if (records->empty()) return wrong(options.data + ": no record is selected");
  std::unique_ptr<ChatReader> reader;
  BuiltInReader built_in;
  if (std::filesystem::is_directory(arguments.reader)) {
    auto opened = open_built_in_reader(arguments.reader);
    if (!opened) return opened.error();
    built_in = std::move(*opened);
    if (!can_ask(built_in, options.task)) return wrong("--reader: this folder's has another task");
    parts->reader = built_in.reader.get();
  } else if (arguments.reader != "none") {
    auto opened = open_reader(arguments);
    if (!opened) return opened.error();
    reader = std::move(*opened);
    parts->reader = reader.get();
    std::fprintf(stderr, "pith eval: %zu prompts, of which at most %llu are sent\n",
                 records->size() * (2 + parts->shorteners.size() * options.times.size()),
                 static_cast<unsigned long long>(arguments.max_requests));
  }
  EvalProgress progress(records->size());
  const auto evaluation =
      evaluate(options, *parts, *records, [&](std::size_t done) { progress(done); });
  if (!evaluation) return evaluation.error();
  context->data_sha256 = file_sha256(options.data);
  if (reader) {
    context->num_requests = reader->num_requests();
    context->num_retries = reader->num_retries();
  }
  const EvalSummary summary = summarize(
      *evaluation, context->against,
      {.draws = options.bootstrap_draws, .coverage = 0.95, .seed = options.selection.seed});
  const std::string report = arguments.json
                                 ? json_report(options, *context, *evaluation, summary) + "\n"
                                 : table_report(options, *context, *evaluation, summary);
  std::fputs(report.c_str(), stdout);
  if (!arguments.svg.empty() && summary.num_records > 0) {
    if (auto done = write_file(arguments.svg, plot_report(*context, *evaluation, summary)); !done) {
      return done.error();
    }
  }
  if (!options.records_file.empty()) {
    if (auto done = write_file(options.records_file, record_lines(*evaluation)); !done)
      return done.error();
  }
  if (evaluation->stopped.empty()) return 0;
  std::fprintf(stderr, "pith eval: stopped early: %s\n", evaluation->stopped.c_str());
  return 1;
}

}  // namespace

int run_eval(EvalArguments& arguments) {
  const auto status = measure(arguments);
  return status ? *status : eval_error(status.error());
}

}  // namespace pith
