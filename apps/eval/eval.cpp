#include "apps/eval/eval.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "apps/eval/eval_run.h"
#include "apps/eval/file_hash.h"
#include "apps/eval/orders.h"
#include "apps/eval/reports.h"
#include "apps/eval/task_scores.h"
#include "apps/options/config.h"
#include "apps/options/policies.h"
#include "apps/reader/chat_reader.h"

namespace pith {
namespace {

struct EvalArguments {
  EvalOptions options;
  std::string task, precision = "float32";
  std::vector<std::string> times;
  std::string reader = "none", model, key_variable, members, cache, ca_file;
  std::uint64_t max_requests = 2000;
  std::uint32_t max_tokens = 0;
  bool json = false;
  std::string svg;
};

Error wrong(std::string what) { return Error{ErrorCode::kInvalidArgument, std::move(what)}; }

int eval_error(const Error& error) {
  std::fprintf(stderr, "pith eval: %s\n", error.detail.c_str());
  return error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kUnknownPolicy ? 2
                                                                                              : 1;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
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

std::string default_cache() {
  const std::string base = environment("XDG_CACHE_HOME");
  if (!base.empty()) return base + "/pith/reader.db";
  const std::string home = environment("HOME");
  return home.empty() ? "" : home + "/.cache/pith/reader.db";
}

Result<std::shared_ptr<const KeepPolicy>> find_policy(const std::string& name,
                                                      const std::string& models_dir,
                                                      Precision precision) {
  // Scores of texts seen before would make times that no new text has.
  const PolicyOptions options{.precision = precision, .memo_bytes = 0};
  std::error_code ignored;
  for (const std::string& path :
       {name, models_dir + "/" + name + ".ngram", models_dir + "/" + name}) {
    if (std::filesystem::exists(path, ignored)) return open_policy(path, options);
  }
  return Error{ErrorCode::kUnknownPolicy, "no policy called " + name};
}

/// What ships and is not the self-information baseline itself.
Result<std::vector<std::string>> shipped_champion(const std::string& models_dir,
                                                  const KeepPolicy& self_information) {
  const auto set = load_policies(Config{}, models_dir);
  if (!set) return set.error();
  if ((*set)->champion()->id() == self_information.id()) return std::vector<std::string>();
  return std::vector<std::string>{(*set)->champion()->name()};
}

Result<EvalParts> load_parts(const EvalOptions& options) {
  EvalParts parts;
  auto models_dir = find_models_dir();
  if (!models_dir) return models_dir.error();
  parts.models_dir = *models_dir;
  auto counter = load_token_counter(options.tokenizer, *models_dir);
  if (!counter) return counter.error();
  parts.counter = *counter;
  auto self_information = find_policy("ngram-multi", *models_dir, options.precision);
  if (!self_information) return self_information.error();
  parts.any_policy = *self_information;

  std::vector<std::string> names = options.policies;
  if (names.empty()) {
    auto shipped = shipped_champion(*models_dir, **self_information);
    if (!shipped) return shipped.error();
    names = *shipped;
  }
  const auto taken = [&](const std::string& name) {
    return name == "full" || name == "none" ||
           std::ranges::find(kBaselines, name) != kBaselines.end() ||
           std::ranges::any_of(parts.shorteners,
                               [&](const Shortener& other) { return other.name() == name; });
  };
  for (const std::string& name : names) {
    auto policy = find_policy(name, *models_dir, options.precision);
    if (!policy) return policy.error();
    const std::string label = taken((*policy)->name()) ? name : (*policy)->name();
    if (taken(label)) return wrong("--policy " + name + ": given twice");
    parts.shorteners.emplace_back(label, *policy, options.selection.seed);
  }
  for (const std::string& name : options.baselines) {
    parts.shorteners.emplace_back(name, name == "self-information" ? *self_information : nullptr,
                                  options.selection.seed);
  }
  if (parts.shorteners.empty()) return wrong("nothing to measure: no policy and no baseline");
  return parts;
}

Result<std::unique_ptr<ChatReader>> open_reader(const EvalArguments& arguments) {
  ChatReaderOptions options;
  options.url = arguments.reader;
  if (arguments.model.empty()) return wrong("--reader needs --reader-model");
  options.body.model = arguments.model;
  options.body.max_tokens = arguments.max_tokens;
  if (options.body.max_tokens == 0) {
    options.body.max_tokens = arguments.options.task == EvalTask::kQa     ? 100
                              : arguments.options.task == EvalTask::kCode ? 120
                                                                          : 400;
  }
  if (!arguments.members.empty()) {
    auto members = parse_members(arguments.members);
    if (!members) return members.error();
    options.body.members = std::move(*members);
  }
  if (!arguments.key_variable.empty()) {
    options.key = environment(arguments.key_variable.c_str());
    if (options.key.empty())
      return wrong("--reader-key-env: " + arguments.key_variable + " is not set");
  } else {
    options.key = environment("PITH_READER_KEY");
    // A key goes only where it belongs.
    const auto url = parse_upstream(options.url);
    if (options.key.empty() && url && url->tls && url->host == "api.openai.com") {
      options.key = environment("OPENAI_API_KEY");
    }
  }
  options.cache = arguments.cache.empty() ? default_cache() : arguments.cache;
  if (options.cache == "none") options.cache.clear();
  options.max_requests = arguments.max_requests;
  options.seed = arguments.options.selection.seed;
  options.ca_file = arguments.ca_file;
  const auto either = [](const char* upper, const char* lower) {
    const std::string value = environment(upper);
    return value.empty() ? environment(lower) : value;
  };
  options.https_proxy = either("HTTPS_PROXY", "https_proxy");
  options.http_proxy = environment("http_proxy");
  options.no_proxy = either("NO_PROXY", "no_proxy");
  std::signal(SIGPIPE, SIG_IGN);  // TLS writes would end the process when a server goes away.
  return ChatReader::open(std::move(options));
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
                                               : EvalTask::kCode;
  auto precision = parse_precision(arguments.precision);
  if (!precision) {
    return Error{precision.error().code, "--precision: " + precision.error().detail};
  }
  options.precision = *precision;
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
  if (arguments.reader != "none") {
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

int run_eval(EvalArguments& arguments) {
  const auto status = measure(arguments);
  return status ? *status : eval_error(status.error());
}

void add_what(CLI::App& app, EvalArguments& arguments) {
  EvalOptions& options = arguments.options;
  app.add_option("--task", arguments.task, "qa, summary or code")
      ->check(CLI::IsMember({"qa", "summary", "code"}))
      ->required();
  app.add_option("--data", options.data, "JSON lines, .zst too; see docs/eval.md")
      ->check(CLI::ExistingFile)
      ->required();
  app.add_option("--source", options.selection.sources, "Only records of this source");
  app.add_option("--lang", options.selection.languages, "Only records of this language");
  app.add_option("--limit", options.selection.limit, "Draw this many records; 0: all")
      ->capture_default_str();
  app.add_option("--seed", options.selection.seed, "Of every random draw")->capture_default_str();
}

void add_how(CLI::App& app, EvalArguments& arguments) {
  EvalOptions& options = arguments.options;
  app.add_option("--rate", arguments.times, "4x or 0.25; default 2x 3x 4x 5x 6x")
      ->type_name("RATE");
  app.add_option("--policy", options.policies, "Names, files or folders; default: what ships")
      ->type_name("POLICY");
  options.baselines.assign(kBaselines.begin(), kBaselines.end());
  std::vector<std::string> choices = options.baselines;
  choices.emplace_back("none");
  app.add_option("--baseline", options.baselines, "Orders to compare with; default: all")
      ->check(CLI::IsMember(choices));
  app.add_option("--precision", arguments.precision, "Of encoders: float32, bfloat16 or int8")
      ->capture_default_str();
  app.add_option("--tokenizer", options.tokenizer, "Counts tokens: o200k_base or cl100k_base")
      ->capture_default_str();
  app.add_flag("--protect", options.protect, "Keep literals and structure, as pith serve does");
  app.add_flag("--query", options.use_query, "Tell policies the question");
}

void add_reader(CLI::App& app, EvalArguments& arguments) {
  app.add_option("--reader", arguments.reader,
                 "URL of an OpenAI-compatible API, or none: rates, latency, proxies")
      ->capture_default_str()
      ->type_name("URL");
  app.add_option("--reader-model", arguments.model, "Its model");
  app.add_option("--reader-key-env", arguments.key_variable,
                 "Variable that holds the key; default PITH_READER_KEY");
  app.add_option("--reader-max-tokens", arguments.max_tokens, "Of an answer; 0: by task");
  app.add_option("--reader-members", arguments.members,
                 "JSON object of request members to replace, add, or (null) take out");
  app.add_option("--cache", arguments.cache, "File of answers, or none; default in ~/.cache/pith");
  app.add_option("--max-requests", arguments.max_requests, "Stop after so many; 0: no ceiling")
      ->capture_default_str();
  app.add_option("--concurrency", arguments.options.concurrency, "Requests at once")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--ca-file", arguments.ca_file, "More CA certificates")->check(CLI::ExistingFile);
}

void add_output(CLI::App& app, EvalArguments& arguments) {
  EvalOptions& options = arguments.options;
  app.add_option("--against", options.against,
                 "Compressor that the others are compared with; default: the first policy");
  app.add_option("--metric", options.metric,
                 "Score of intervals and plot; default: the task's first");
  app.add_option("--draws", options.bootstrap_draws, "Of the bootstrap")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  app.add_flag("--json", arguments.json, "One JSON object in place of the table");
  app.add_option("--svg", arguments.svg, "Plot quality and latency against rate into this file");
  app.add_option("--records", options.records_file,
                 "Scores and answers of every record, JSON lines");
}

}  // namespace

void add_eval(CLI::App& parent, std::function<int()>& run) {
  CLI::App* app = parent.add_subcommand("eval", "Measure quality against rate on task records");
  auto arguments = std::make_shared<EvalArguments>();
  add_what(*app, *arguments);
  add_how(*app, *arguments);
  add_reader(*app, *arguments);
  add_output(*app, *arguments);
  app->callback([arguments, &run] { run = [arguments] { return run_eval(*arguments); }; });
}

}  // namespace pith
