#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "apps/eval/file_hash.h"
#include "apps/train/learning_curve.h"
#include "apps/train/rl/rl_training.h"
#include "apps/train/text_corpus.h"
#include "stages/network/counter_random.h"
#include "stages/reward/taco_rl.h"

namespace pith {
namespace {

Error wrong(std::string what) { return Error{ErrorCode::kInvalidArgument, std::move(what)}; }

Result<Done> check(const RlOptions& options) {
  if (options.times.empty()) return wrong("--rate: none is given");
  for (const double times : options.times) {
    if (!(times > 1.0)) return wrong("--rate: nothing is shortened at 1x");
  }
  const BandMethod& band = options.band;
  if (options.method == RlMethod::kBand) {
    if (band.samples == 0) return wrong("--samples: none is drawn");
    if (band.opposite && band.samples % 2 != 0)
      return wrong("--samples: pairs need an even number");
    if (!band.opposite && band.samples < 2 && band.baseline == RlBaseline::kLeaveOneOut) {
      return wrong("--baseline leave-one-out needs two samples");
    }
  }
  if (options.method == RlMethod::kFurther && options.labels.empty()) {
    return wrong("--supervised needs --labels");
  }
  if (options.batch == 0) return wrong("--batch: no record");
  return Done{};
}

/// All that decides the result. Names of files are not part of it, their contents are.
std::string description(const RlOptions& options, const std::string& policy_file,
                        std::string_view tokenizer) {
  std::string times;
  for (const double each : options.times) {
    char text[32];
    std::snprintf(text, sizeof text, "%s%g", times.empty() ? "" : ", ", each);
    times += text;
  }
  std::string selected;
  for (const auto* names : {&options.selection.sources, &options.selection.languages}) {
    for (const std::string& name : *names) selected += (selected.empty() ? "" : " ") + name;
  }
  char method[512];
  std::string labels;  // Files and sources: any number.
  if (options.method == RlMethod::kFurther) {
    for (const std::string& file : options.labels) labels += file_sha256(file) + " ";
    for (const std::string& source : options.label_sources) labels += source + " ";
    labels = R"(, "labels": ")" + labels + '"';
    std::snprintf(method, sizeof method, R"("method": "further", "samples": %u)",
                  options.band.samples);
  } else if (options.method == RlMethod::kTaco) {
    std::snprintf(method, sizeof method,
                  R"("method": "taco", "c": %g, "tolerance": %g, "penalty": %g, "entropy": %g)",
                  options.taco.rate, options.taco.tolerance, options.taco.penalty,
                  options.taco.entropy);
  } else {
    std::snprintf(
        method, sizeof method,
        R"("method": "band", "samples": %u, "opposite": %s, "baseline": %d, "words": %u, )"
        R"("temperature": %g, "exact_length": %s, "through_threshold": %s, "kl": %g, "kl_target": %g, )"
        R"("entropy": %g)",
        options.band.samples, options.band.opposite ? "true" : "false",
        static_cast<int>(options.band.baseline), options.band.words_max, options.band.temperature,
        options.band.exact_length ? "true" : "false",
        options.band.through_threshold ? "true" : "false", options.band.kl, options.band.kl_target,
        options.band.entropy);
  }
  char rest[768];
  std::snprintf(rest, sizeof rest,
                R"("against": %d, "metric": %d, "soft": %s, "reader_calls": %llu, "steps": %llu, )"
                R"("batch": %u, "learning_rate": %g, "warmup": %g, "freeze_embeddings": %s, )"
                R"("query": %s, "longest": %u, "limit": %zu, "valid_records": %u, )"
                R"("valid_every": %llu, "seed": %llu)",
                static_cast<int>(options.against), static_cast<int>(options.metric),
                options.soft ? "true" : "false",
                static_cast<unsigned long long>(options.reader_calls),
                static_cast<unsigned long long>(options.steps), options.batch,
                static_cast<double>(options.learning_rate), options.warmup,
                options.freeze_embeddings ? "true" : "false", options.use_query ? "true" : "false",
                options.longest, options.selection.limit, options.valid_records,
                static_cast<unsigned long long>(options.valid_every),
                static_cast<unsigned long long>(options.seed));
  return "{\"kind\": \"rl\", \"task\": " + std::to_string(static_cast<int>(options.task)) + ", " +
         method + labels + ", \"times\": [" + times + "], \"selected\": \"" + selected + "\", " +
         rest + ", \"tokenizer\": \"" + std::string(tokenizer) + "\", \"reader\": \"" +
         options.reader_name + "\", \"policy\": \"" + file_sha256(policy_file) +
         "\", \"data\": \"" + file_sha256(options.data) + "\", \"valid\": \"" +
         (options.valid.empty() ? "" : file_sha256(options.valid)) + "\"}\n";
}

Result<std::vector<TaskRecord>> valid_records(const RlOptions& options) {
  if (options.valid.empty()) return std::vector<TaskRecord>();
  RecordSelection selection = options.selection;
  selection.limit = options.valid_records;
  return read_task_records(options.valid, options.task, selection);
}

Result<std::vector<LabelledText>> labelled_texts(const RlOptions& options) {
  std::vector<LabelledText> texts;
  if (options.method != RlMethod::kFurther) return texts;
  for (const std::string& file : options.labels) {
    auto read = read_labelled_texts(file);
    if (!read) return read.error();
    for (LabelledText& text : *read) {
      if (options.label_sources.empty() || source_matches(text.source, options.label_sources)) {
        texts.push_back(std::move(text));
      }
    }
  }
  if (texts.empty()) return wrong("--labels: no text of --label-source");
  return texts;
}

/// What the first draws keep becomes c: without that nearly none is inside the gate.
void bridge(const RlOptions& options, const TrainablePolicy& policy,
            const std::vector<TaskRecord>& records, const TokenCounter& counter,
            std::span<float> parameters) {
  const std::size_t num_texts = std::min<std::size_t>(200, records.size());
  std::vector<float> logits;
  std::vector<std::uint32_t> word_of_piece;
  std::vector<float> cost;
  EncoderTape tape;
  for (std::size_t i = 0; i < num_texts; ++i) {
    // From all over the file: its records are often ordered by source.
    const TaskRecord& record = records[i * records.size() / num_texts];
    const PolicyText text =
        policy.read(record.text, counter,
                    options.use_query ? std::string_view(record.question) : std::string_view());
    if (text.segment.origin_tokens > options.longest) continue;
    const auto part =
        TrainablePolicy::whole_logits(text, policy.piece_logits(parameters, text, tape));
    logits.insert(logits.end(), part.begin(), part.end());
    for (const std::uint32_t word : text.segment.word_of_piece) {
      word_of_piece.push_back(word + static_cast<std::uint32_t>(cost.size()));
    }
    cost.insert(cost.end(), text.cost.begin(), text.cost.end());
  }
  if (logits.empty()) return;
  parameters[policy.keep_bias()] +=
      static_cast<float>(bias_bridge(logits, word_of_piece, cost, options.taco.rate));
}

Result<Done> write_outcome(const std::string& folder, const RlOutcome& outcome) {
  char text[512];
  std::snprintf(text, sizeof text,
                "{\"steps\": %llu, \"learning_calls\": %llu, \"measuring_calls\": %llu, "
                "\"asked_here\": %llu, \"reader_seconds_here\": %.2f, \"seconds_here\": %.1f, "
                "\"valid_first\": %.5f, \"valid_best\": %.5f, \"best_step\": %llu}\n",
                static_cast<unsigned long long>(outcome.steps),
                static_cast<unsigned long long>(outcome.learning_calls),
                static_cast<unsigned long long>(outcome.measuring_calls),
                static_cast<unsigned long long>(outcome.asked), outcome.reader_seconds,
                outcome.seconds, outcome.valid_first, outcome.valid_best,
                static_cast<unsigned long long>(outcome.best_step));
  if (!(std::ofstream(folder + "/result.json", std::ios::binary) << text).flush()) {
    return Error{ErrorCode::kStorageFailed, folder + "/result.json: cannot be written"};
  }
  return Done{};
}

Result<Done> copy_best(const std::string& from, const std::string& to) {
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(from, failed)) {
    std::filesystem::copy_file(entry.path(), to + "/" + entry.path().filename().string(),
                               std::filesystem::copy_options::overwrite_existing, failed);
    if (failed) break;
  }
  if (failed) return Error{ErrorCode::kStorageFailed, to + ": " + failed.message()};
  return Done{};
}

}  // namespace

Result<RlOutcome> train_rl(const RlOptions& options, Reader& reader,
                           std::shared_ptr<const TokenCounter> counter, const Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  if (const auto right = check(options); !right) return right.error();
  const auto policy = TrainablePolicy::open(options.policy);
  if (!policy) return policy.error();
  auto records = read_task_records(options.data, options.task, options.selection);
  if (!records) return records.error();
  if (records->empty()) return wrong(options.data + ": no record is selected");
  auto valid = valid_records(options);
  if (!valid) return valid.error();
  auto labelled = labelled_texts(options);
  if (!labelled) return labelled.error();
  std::error_code failed;
  std::filesystem::create_directories(options.out, failed);
  if (failed) return Error{ErrorCode::kStorageFailed, options.out + ": " + failed.message()};
  const auto book = AnswerBook::open(options.out + "/answers.txt", reader, options.concurrency);
  if (!book) return book.error();
  (*book)->restore(0, 0);  // Until a checkpoint says more.

  std::vector<float> initial((*policy)->weights().begin(), (*policy)->weights().end());
  if (options.method == RlMethod::kTaco) bridge(options, **policy, *records, *counter, initial);
  RlTraining training(options, **policy, **book, counter, *std::move(records), *std::move(valid),
                      *std::move(labelled), progress);
  TrainingPlan plan;
  plan.folder = options.out;
  plan.description = description(options, (*policy)->file(), counter->name());
  plan.rate.peak = options.learning_rate;
  plan.rate.total_steps = training.planned_steps();
  plan.rate.warmup_steps =
      static_cast<std::uint64_t>(options.warmup * static_cast<double>(plan.rate.total_steps));
  plan.optimizer.weight_decay = 0.0F;  // What holds the weights is where they began.
  plan.record_steps = std::max<std::uint64_t>(1, plan.rate.total_steps / 40);
  plan.checkpoint_s = options.checkpoint_s;
  plan.memory = &training;
  plan.curve_title = options.method == RlMethod::kTaco   ? "reward, taco"
                     : options.method == RlMethod::kBand ? "reward, band"
                                                         : "further supervised training";
  if (options.freeze_embeddings && (*policy)->embedding_parameters() > 0) {
    plan.frozen.push_back({0, (*policy)->embedding_parameters()});
  }
  plan.optimizer.epsilon = (*policy)->epsilon();
  auto run = TrainingRun::open((*policy)->layout(), plan, std::move(initial));
  if (!run) return run.error();
  const auto done =
      run->run([&](std::uint64_t step,
                   std::span<const float> parameters) { return training.batch(step, parameters); },
               progress);
  if (!done) return done.error();
  if (training.measures()) {
    if (const auto last = training.measure(run->steps_done(), run->parameters()); !last) {
      return last.error();
    }
    std::ofstream(options.out + "/run.jsonl", std::ios::app)
        << "{\"step\":" << run->steps_done() << training.record() << "}\n";
    if (const auto drawn = draw_learning_curve(options.out, plan.curve_title); !drawn) {
      return drawn.error();
    }
  }
  const auto written = training.measures() ? copy_best(training.best_folder(), options.out)
                                           : (*policy)->write(options.out, run->parameters());
  if (!written) return written.error();
  RlOutcome outcome;
  outcome.steps = run->steps_done();
  outcome.learning_calls = (*book)->calls(AnswerUse::kLearning);
  outcome.measuring_calls = (*book)->calls(AnswerUse::kMeasuring);
  outcome.asked = (*book)->asked();
  outcome.reader_seconds = (*book)->seconds();
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  outcome.valid_first = std::max(0.0, training.valid_first());
  outcome.valid_best = std::max(0.0, training.valid_best());
  outcome.best_step = training.best_step();
  if (const auto kept = write_outcome(options.out, outcome); !kept) return kept.error();
  return outcome;
}

}  // namespace pith
