#include "apps/train/train_extractor_command.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "apps/train/train_extractor.h"

namespace pith {
namespace {

void print_line(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

int run_train_extractor(const ExtractorTrainOptions& options) {
  const Result<Done> trained = train_extractor(options, print_line);
  if (trained) return 0;
  std::fprintf(stderr, "pith train: %s\n", trained.error().detail.c_str());
  return trained.error().code == ErrorCode::kInvalidArgument ? 2 : 1;
}

}  // namespace

void add_train_extractor(CLI::App& train, std::function<int()>& run) {
  CLI::App* app = train.add_subcommand(
      "extractor", "Train the built-in reader of transcripts that answers in their own words");
  auto options = std::make_shared<ExtractorTrainOptions>();
  app->add_option("--data", options->data, "Records of the tasks code and summary, .zst too")
      ->check(CLI::ExistingFile)
      ->required();
  app->add_option("--leave-out-source", options->leave_out_sources,
                  "Leave this source out; NAME or PREFIX*");
  app->add_option("--out", options->out,
                  "Folder of the run: checkpoint, records and the reader; a run that was stopped "
                  "goes on where it was")
      ->required();
  app->add_option("--epochs", options->epochs, "Passes over the data")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app->add_option("--learning-rate", options->learning_rate, "Of all epochs but the last two")
      ->capture_default_str();
  app->add_option("--weight-bits", options->weight_bits, "2^this weights")
      ->check(CLI::Range(10, 26))
      ->capture_default_str();
  app->add_option("--run-cost", options->run_cost,
                  "Words that a quotation must be worth before it is begun: higher, fewer and "
                  "longer ones")
      ->check(CLI::Range(0.0, 1000.0))
      ->capture_default_str();
  app->add_option("--dropout", options->training.dropout, "Share of features left out of a step")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  app->add_option("--deleted-share", options->training.deleted_share,
                  "Share of texts that lose words in training")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app->add_option("--seed", options->training.seed, "For every random draw")->capture_default_str();
  app->callback([options, &run] { run = [options] { return run_train_extractor(*options); }; });
}

}  // namespace pith
