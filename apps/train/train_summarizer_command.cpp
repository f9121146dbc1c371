#include "apps/train/train_summarizer_command.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "apps/train/train_summarizer.h"

namespace pith {
namespace {

void print_line(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

int run_train_summarizer(const SummarizerTrainOptions& options) {
  const Result<Done> trained = train_summarizer(options, print_line);
  if (trained) return 0;
  std::fprintf(stderr, "pith train: %s\n", trained.error().detail.c_str());
  return trained.error().code == ErrorCode::kInvalidArgument ? 2 : 1;
}

void add_sizes(CLI::App& app, SummarizerTrainOptions& options) {
  app.add_option("--layers", options.num_layers, "Layers of the decoder")->capture_default_str();
  app.add_option("--hidden", options.hidden_size, "Width")->capture_default_str();
  app.add_option("--heads", options.num_heads, "Attention heads")->capture_default_str();
  app.add_option("--kv-heads", options.num_kv_heads, "Heads of keys and values")
      ->capture_default_str();
  app.add_option("--ffn", options.intermediate_size, "Feed-forward width")->capture_default_str();
  app.add_option("--window", options.examples.window, "Pieces of text, query and summary")
      ->check(CLI::Range(64, 4096))
      ->capture_default_str();
  app.add_option("--answer-pieces", options.examples.answer_pieces, "Of a summary, at most")
      ->capture_default_str();
  app.add_option("--repeat-pieces", options.repeat_pieces,
                 "So many pieces in a row come once in a summary; 0: no such rule")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
}

void add_examples(CLI::App& app, SummaryExampleOptions& examples) {
  const auto share = CLI::Range(0.0, 1.0);
  app.add_option("--deleted-share", examples.deleted_share,
                 "Share of texts that lose words in training")
      ->check(share)
      ->capture_default_str();
  app.add_option("--absent-share", examples.absent_share, "Share of texts that are left out whole")
      ->check(share)
      ->capture_default_str();
  app.add_option("--text-share", examples.text_share,
                 "Share of a text's own pieces that are learned, too")
      ->check(share)
      ->capture_default_str();
  app.add_flag("!--no-copy", examples.copy, "No hints which pieces could be copied");
}

void add_steps(CLI::App& app, SummarizerTrainOptions& options) {
  app.add_option("--steps", options.steps, "Updates; 0: as --epochs says")->capture_default_str();
  app.add_option("--epochs", options.epochs, "Passes over the data")->capture_default_str();
  app.add_option("--batch", options.batch, "Records per update")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  app.add_option("--learning-rate", options.learning_rate, "At its peak")->capture_default_str();
  app.add_option("--dropout", options.dropout, "Share of activations that are dropped")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  app.add_option("--weight-decay", options.weight_decay, "AdamW's")->capture_default_str();
  app.add_option("--warmup", options.warmup, "Share of the updates with a rising learning rate")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "For every random draw")->capture_default_str();
}

}  // namespace

void add_train_summarizer(CLI::App& train, std::function<int()>& run) {
  CLI::App* app = train.add_subcommand(
      "summarizer", "Train the built-in reader of code and transcripts, a small decoder");
  auto options = std::make_shared<SummarizerTrainOptions>();
  app->add_option("--data", options->data, "Records of the tasks code and summary, .zst too")
      ->check(CLI::ExistingFile)
      ->required();
  app->add_option("--leave-out-source", options->leave_out_sources,
                  "Leave this source out; NAME or PREFIX*");
  app->add_option("--vocab", options->vocab, "Folder of `pith train vocab`")
      ->check(CLI::ExistingDirectory)
      ->required();
  app->add_option("--init", options->init, "Summarizer of the same sizes to begin with")
      ->check(CLI::ExistingDirectory);
  app->add_option("--out", options->out,
                  "Folder of the run: checkpoint, records and the reader; a run that was stopped "
                  "goes on where it was")
      ->required();
  add_sizes(*app, *options);
  add_examples(*app, options->examples);
  add_steps(*app, *options);
  app->callback([options, &run] { run = [options] { return run_train_summarizer(*options); }; });
}

}  // namespace pith
