#include "apps/train/train.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "apps/train/label_quality.h"
#include "apps/train/train_ngram.h"

namespace pith {
namespace {

struct NgramArguments {
  NgramTrainOptions options;
  std::vector<std::string> more_left_out;
  bool all_sources = false;
  std::string smoothing = "kneser-ney";
  std::string eval_labels;
  std::string policy;
};

int exit_status(const Error& error) {
  std::fprintf(stderr, "pith train: %s\n", error.detail.c_str());
  return error.code == ErrorCode::kInvalidArgument ? 2 : 1;
}

void print_line(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

int run_ngram(NgramArguments& arguments) {
  NgramTrainOptions& options = arguments.options;
  if (!arguments.all_sources) {
    options.selection.leave_out_sources = default_left_out_sources();
  }
  auto& left_out = options.selection.leave_out_sources;
  left_out.insert(left_out.end(), arguments.more_left_out.begin(), arguments.more_left_out.end());
  options.smoothing = arguments.smoothing == "absolute" ? ngram::Smoothing::kAbsolute
                                                        : ngram::Smoothing::kKneserNey;
  if (options.data.empty() != options.out.empty()) {
    return exit_status({ErrorCode::kInvalidArgument, "--data and --out belong together"});
  }
  if (options.data.empty() && (arguments.policy.empty() || arguments.eval_labels.empty())) {
    return exit_status(
        {ErrorCode::kInvalidArgument, "give --data and --out, or --policy and --eval-labels"});
  }
  if (!options.data.empty()) {
    const Result<Done> trained = train_ngram(options, print_line);
    if (!trained) return exit_status(trained.error());
  }
  if (!arguments.eval_labels.empty()) {
    const std::string& policy = arguments.policy.empty() ? options.out : arguments.policy;
    const Result<Done> measured = print_label_quality(policy, arguments.eval_labels, print_line);
    if (!measured) return exit_status(measured.error());
  }
  return 0;
}

void add_ngram(CLI::App& train, std::function<int()>& run) {
  CLI::App* ngram = train.add_subcommand(
      "ngram", "Train the self-information policy: an n-gram model in one small file");
  auto arguments = std::make_shared<NgramArguments>();
  NgramTrainOptions& options = arguments->options;
  ngram->add_option("--data", options.data, "JSON lines with a field text; .zst too")
      ->check(CLI::ExistingFile);
  ngram->add_option("--out", options.out, "The *.ngram file to write");
  ngram->add_option("--name", options.name, "Name of the policy (default: that of the file)");
  ngram->add_option("--valid", options.valid, "Held-out texts for perplexity")
      ->check(CLI::ExistingFile);
  ngram->add_option("--order", options.order, "Pieces per n-gram")
      ->check(CLI::Range(2, 4))
      ->capture_default_str();
  ngram->add_option("--vocab", options.vocab_size, "SentencePiece pieces")->capture_default_str();
  ngram
      ->add_option("--coverage", options.character_coverage,
                   "Share of characters with a piece of their own; the rest is spelled in bytes")
      ->check(CLI::Range(0.9, 1.0))
      ->capture_default_str();
  ngram
      ->add_option("--vocab-sample-mb", options.vocab_sample_mb,
                   "Text to learn the vocabulary from")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  ngram->add_option("--size-mb", options.size_mb, "Largest file, in MB of 10^6 bytes")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  ngram->add_option("--smoothing", arguments->smoothing, "kneser-ney or absolute")
      ->check(CLI::IsMember({"kneser-ney", "absolute"}))
      ->capture_default_str();
  ngram->add_option("--word-surprisal", options.word_surprisal, "sum or mean over a word's pieces")
      ->check(CLI::IsMember({"sum", "mean"}))
      ->capture_default_str();
  ngram->add_option("--lang", options.selection.languages, "Only these values of the field lang");
  ngram->add_option("--language-mb", options.selection.language_mb_max,
                    "Draw every language down to this many MB (0: all)");
  ngram->add_option("--leave-out-source", arguments->more_left_out,
                    "Leave this source out, too; NAME or PREFIX*");
  ngram->add_flag("--all-sources", arguments->all_sources,
                  "Do not leave out the sources that hold test contexts or may not ship");
  ngram
      ->add_option("--leave-out-texts", options.leave_out_texts_of,
                   "Leave out documents that share text with the records of this file")
      ->check(CLI::ExistingFile);
  ngram->add_option("--seed", options.selection.seed, "For every random draw")
      ->capture_default_str();
  ngram
      ->add_option("--eval-labels", arguments->eval_labels,
                   "Compare word ranks with the labels of this file")
      ->check(CLI::ExistingFile);
  ngram->add_option("--policy", arguments->policy, "With --eval-labels: measure this file")
      ->check(CLI::ExistingFile);
  ngram->callback([arguments, &run] { run = [arguments] { return run_ngram(*arguments); }; });
}

}  // namespace

void add_train(CLI::App& parent, std::function<int()>& run) {
  CLI::App* train = parent.add_subcommand("train", "Make policies from text and labels");
  train->require_subcommand(1);
  add_ngram(*train, run);
}

}  // namespace pith
