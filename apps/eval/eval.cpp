#include "apps/eval/eval.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "apps/eval/eval_arguments.h"
#include "apps/eval/measure.h"
#include "apps/eval/orders.h"

namespace pith {
namespace {

void add_what(CLI::App& app, EvalArguments& arguments) {
  EvalOptions& options = arguments.options;
  app.add_option("--task", arguments.task, "qa, summary, code or labels")
      ->check(CLI::IsMember({"qa", "summary", "code", "labels"}))
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
                 "URL of an OpenAI-compatible API; folder of `pith train reader` or `summarizer`; "
                 "or none: rates, latency, proxies")
      ->capture_default_str()
      ->type_name("URL|FOLDER");
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
