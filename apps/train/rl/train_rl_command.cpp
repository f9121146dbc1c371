#include "apps/train/rl/train_rl_command.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "apps/eval/eval_arguments.h"
#include "apps/eval/file_hash.h"
#include "apps/options/config.h"
#include "apps/reader/built_in_reader.h"
#include "apps/reader/chat_reader.h"
#include "apps/train/rl/rl_training.h"
#include "stages/model_files/mapped_file.h"

namespace pith {
namespace {

struct Arguments {
  RlOptions options;
  EvalArguments reader;  ///< Only what opens a reader.
  std::string task = "qa", method = "band", baseline = "leave-one-out", against, metric;
  std::vector<double> times;
  bool one_by_one = false, fixed_threshold = false, expected_length = false, supervised = false;
  std::string tokenizer = "o200k_base";
};

int failed(const Error& error) {
  std::fprintf(stderr, "pith train rl: %s\n", error.detail.c_str());
  return error.code == ErrorCode::kInvalidArgument ? 2 : 1;
}

void print_line(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

bool is_folder(const std::string& path) {
  std::error_code failed;
  return std::filesystem::is_directory(path, failed);
}

Result<std::unique_ptr<Reader>> open_task_reader(const EvalArguments& arguments) {
  if (is_folder(arguments.reader)) {
    auto built_in = open_built_in_reader(arguments.reader);
    if (!built_in) return built_in.error();
    return std::move(built_in->reader);
  }
  auto reader = open_reader(arguments);
  if (!reader) return reader.error();
  return std::unique_ptr<Reader>(std::move(*reader));
}

/// What a run is bound to: a built-in reader's weights, or where the model is and how it is asked.
std::string reader_name(const EvalArguments& arguments) {
  if (!is_folder(arguments.reader)) {
    std::string name = arguments.reader + " " + arguments.model;
    if (arguments.max_tokens != 0) name += " tokens=" + std::to_string(arguments.max_tokens);
    if (!arguments.members.empty()) {
      const auto* members = reinterpret_cast<const std::uint8_t*>(arguments.members.data());
      name += " members=" + sha256_hex({members, arguments.members.size()});
    }
    return name;
  }
  return file_sha256(built_in_weights(arguments.reader));
}

void finish(Arguments& arguments) {
  RlOptions& options = arguments.options;
  options.task = arguments.task == "qa"        ? EvalTask::kQa
                 : arguments.task == "summary" ? EvalTask::kSummary
                                               : EvalTask::kCode;
  options.method = arguments.method == "taco" ? RlMethod::kTaco : RlMethod::kBand;
  if (arguments.supervised) options.method = RlMethod::kFurther;
  const bool taco = options.method == RlMethod::kTaco;
  options.band.baseline = arguments.baseline == "self-critical" ? RlBaseline::kSelfCritical
                          : arguments.baseline == "ewma"        ? RlBaseline::kMoving
                          : arguments.baseline == "none"        ? RlBaseline::kNone
                                                                : RlBaseline::kLeaveOneOut;
  options.band.opposite = !arguments.one_by_one;
  options.band.exact_length = !arguments.expected_length;
  options.band.through_threshold = !arguments.fixed_threshold;
  if (!arguments.times.empty()) options.times = arguments.times;
  // What is faithful where nothing is said.
  const std::string against =
      arguments.against.empty() ? (taco ? "full" : "gold") : arguments.against;
  options.against = against == "full" ? RewardAgainst::kFull : RewardAgainst::kGold;
  std::string metric = arguments.metric;
  if (metric.empty()) metric = options.task == EvalTask::kQa ? "f1" : taco ? "bleu" : "rouge-l";
  options.metric = metric == "f1"        ? RewardMetric::kF1
                   : metric == "rouge-1" ? RewardMetric::kRouge1
                   : metric == "rouge-2" ? RewardMetric::kRouge2
                   : metric == "bleu"    ? RewardMetric::kBleu
                                         : RewardMetric::kRougeL;
  options.reader_name = reader_name(arguments.reader);
  arguments.reader.options.task = options.task;
  arguments.reader.options.selection.seed = options.seed;
  if (arguments.reader.cache.empty()) arguments.reader.cache = "none";  // The run has its own.
  arguments.reader.max_requests = 0;
}

int run_train_rl(Arguments& arguments) {
  finish(arguments);
  const auto models = find_models_dir();
  if (!models) return failed(models.error());
  const auto counter = load_token_counter(arguments.tokenizer, *models);
  if (!counter) return failed(counter.error());
  const auto reader = open_task_reader(arguments.reader);
  if (!reader) return failed(reader.error());
  const auto outcome = train_rl(arguments.options, **reader, *counter, print_line);
  if (!outcome) return failed(outcome.error());
  std::printf(
      "%llu steps, %llu reader calls to learn from and %llu to measure; %.1f s in all, "
      "%.1f s of them for %llu answers (%.2f s per 1,000)\n",
      static_cast<unsigned long long>(outcome->steps),
      static_cast<unsigned long long>(outcome->learning_calls),
      static_cast<unsigned long long>(outcome->measuring_calls), outcome->seconds,
      outcome->reader_seconds, static_cast<unsigned long long>(outcome->asked),
      outcome->asked > 0 ? 1000.0 * outcome->reader_seconds / static_cast<double>(outcome->asked)
                         : 0.0);
  if (!arguments.options.valid.empty()) {
    std::printf("held out: %.4f before, %.4f at step %llu, which is kept\n", outcome->valid_first,
                outcome->valid_best, static_cast<unsigned long long>(outcome->best_step));
  }
  return 0;
}

void add_what(CLI::App& app, Arguments& arguments) {
  RlOptions& options = arguments.options;
  app.add_option("--policy", options.policy,
                 "Keep policy to begin with: an encoder's folder, or a linear policy's file")
      ->check(CLI::ExistingPath)
      ->required();
  app.add_option("--task", arguments.task, "qa, summary or code")
      ->check(CLI::IsMember({"qa", "summary", "code"}))
      ->capture_default_str();
  app.add_option("--data", options.data, "Task records, JSON lines, .zst too; see docs/eval.md")
      ->check(CLI::ExistingFile)
      ->required();
  app.add_option("--source", options.selection.sources, "Only records of this source");
  app.add_option("--lang", options.selection.languages, "Only records of this language");
  app.add_option("--limit", options.selection.limit, "Draw this many records; 0: all")
      ->capture_default_str();
  app.add_flag("--query", options.use_query,
               "Tell the policy the question; of a linear policy only its weights for that learn");
  app.add_option("--longest", options.longest, "Leave out texts of more tokens")
      ->capture_default_str();
  app.add_option("--out", options.out,
                 "Folder of the run: checkpoint, answers, records and the trained policy; a run "
                 "that was stopped goes on where it was")
      ->required();
  app.add_option("--tokenizer", arguments.tokenizer, "Counts tokens: o200k_base or cl100k_base")
      ->capture_default_str();
  app.add_option("--valid", options.valid, "Task records to measure on; the best policy is kept")
      ->check(CLI::ExistingFile);
  app.add_option("--valid-records", options.valid_records, "Draw this many of them; 0: all")
      ->capture_default_str();
  app.add_option("--valid-every", options.valid_every, "Steps; 0: a fifth of the run")
      ->capture_default_str();
}

void add_reader(CLI::App& app, Arguments& arguments) {
  EvalArguments& reader = arguments.reader;
  app.add_option("--reader", reader.reader,
                 "Folder of a built-in reader, or URL of an OpenAI-compatible API")
      ->type_name("FOLDER|URL")
      ->required();
  app.add_option("--reader-model", reader.model, "Its model");
  app.add_option("--reader-key-env", reader.key_variable,
                 "Variable that holds the key; default PITH_READER_KEY");
  app.add_option("--reader-max-tokens", reader.max_tokens, "Of an answer; 0: by task");
  app.add_option("--reader-members", reader.members,
                 "JSON object of request members to replace, add, or (null) take out");
  app.add_option("--cache", reader.cache,
                 "File of answers that runs share; default none, a run has its own");
  app.add_option("--ca-file", reader.ca_file, "More CA certificates")->check(CLI::ExistingFile);
  app.add_option("--concurrency", arguments.options.concurrency, "Requests at once")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--reader-calls", arguments.options.reader_calls,
                 "Answers to learn from; those to measure are counted apart")
      ->capture_default_str();
  app.add_option("--reward", arguments.metric,
                 "f1, rouge-1, rouge-2, rouge-l or bleu; default f1 for qa, else rouge-l (taco: "
                 "bleu)")
      ->check(CLI::IsMember({"f1", "rouge-1", "rouge-2", "rouge-l", "bleu"}));
  app.add_flag("--soft-reward", arguments.options.soft,
               "Rewards are means over the reader's likely answers; of readers that know none, as "
               "without");
  app.add_option("--reward-against", arguments.against,
                 "gold (default; the record's answers) or full (taco's: what the reader says of "
                 "the full text)")
      ->check(CLI::IsMember({"gold", "full"}));
}

void add_method(CLI::App& app, Arguments& arguments) {
  RlOptions& options = arguments.options;
  app.add_option("--method", arguments.method,
                 "band: draws near the threshold at exact rates; taco: TACO-RL as published")
      ->check(CLI::IsMember({"band", "taco"}))
      ->capture_default_str();
  app.add_option("--rate", arguments.times,
                 "Compressions to learn and measure at; default 2 3 4 5 6")
      ->type_name("TIMES");
  app.add_option("--samples", options.band.samples, "band: texts drawn of a record")
      ->capture_default_str();
  app.add_option("--baseline", arguments.baseline,
                 "band: leave-one-out (credit per word from pairs of opposite luck), "
                 "self-critical, ewma or none")
      ->check(CLI::IsMember({"leave-one-out", "self-critical", "ewma", "none"}))
      ->capture_default_str();
  app.add_flag("--independent", arguments.one_by_one, "band: draw without pairs");
  app.add_flag("--fixed-threshold", arguments.fixed_threshold,
               "band: no gradient through the threshold");
  app.add_flag("--expected-length", arguments.expected_length,
               "band: only the expected length of a drawn text is right");
  app.add_option("--band-words", options.band.words_max, "band: words that are drawn")
      ->capture_default_str();
  app.add_option("--temperature", options.band.temperature, "band: of the draws")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--kl", options.band.kl, "band: weight of the divergence from --policy")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--kl-target", options.band.kl_target,
                 "band: nats a word that the weight adapts to; 0: it stays")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--entropy", options.band.entropy, "band: weight of the entropy")
      ->capture_default_str();
  app.add_option("--taco-rate", options.taco.rate, "taco: c, the share of tokens to keep")
      ->check(CLI::Range(0.01, 0.99))
      ->capture_default_str();
  app.add_option("--taco-tolerance", options.taco.tolerance, "taco: L, as a share of the tokens")
      ->capture_default_str();
  app.add_option("--taco-penalty", options.taco.penalty, "taco: r0, the reward outside")
      ->capture_default_str();
  app.add_option("--taco-entropy", options.taco.entropy, "taco: weight of the entropy")
      ->capture_default_str();
}

void add_supervised(CLI::App& app, Arguments& arguments) {
  app.add_flag("--supervised", arguments.supervised,
               "No rewards, the control: as many updates on annotated passages and, with the "
               "policy's own labels, on the same records");
  app.add_option("--labels", arguments.options.labels, "supervised: label files")
      ->check(CLI::ExistingFile);
  app.add_option("--label-source", arguments.options.label_sources,
                 "supervised: only these sources of them; NAME or PREFIX*; default all");
}

void add_optimiser(CLI::App& app, RlOptions& options) {
  app.add_option("--steps", options.steps, "Updates; 0: as many as --reader-calls allow")
      ->capture_default_str();
  app.add_option("--batch", options.batch, "Records per update")->capture_default_str();
  app.add_option("--learning-rate", options.learning_rate, "At its peak; falls along a cosine")
      ->capture_default_str();
  app.add_option("--warmup", options.warmup, "Share of the updates with a rising learning rate")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_flag("--freeze-embeddings", options.freeze_embeddings,
               "Leave the tables of pieces, positions and features as they are");
  app.add_option("--seed", options.seed, "For every random draw")->capture_default_str();
}

}  // namespace

void add_train_rl(CLI::App& train, std::function<int()>& run) {
  CLI::App* app = train.add_subcommand(
      "rl", "Fine-tune a keep policy by what a reader makes of the shortened text");
  auto arguments = std::make_shared<Arguments>();
  add_what(*app, *arguments);
  add_reader(*app, *arguments);
  add_method(*app, *arguments);
  add_supervised(*app, *arguments);
  add_optimiser(*app, arguments->options);
  app->callback([arguments, &run] { run = [arguments] { return run_train_rl(*arguments); }; });
}

}  // namespace pith
