#include "apps/train/train.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "apps/options/config.h"
#include "apps/train/label_quality.h"
#include "apps/train/train_encoder.h"
#include "apps/train/train_extractor_command.h"
#include "apps/train/train_linear.h"
#include "apps/train/train_ngram.h"
#include "apps/train/train_query.h"
#include "apps/train/train_reader.h"
#include "apps/train/train_summarizer_command.h"
#include "stages/tokenize/token_counter.h"

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
  if (!arguments.all_sources) leave_out_by_default(options.selection);
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
  ngram->add_option("--policy", arguments->policy, "With --eval-labels: measure this one")
      ->check(CLI::ExistingPath);
  ngram->callback([arguments, &run] { run = [arguments] { return run_ngram(*arguments); }; });
}

void add_summary_options(CLI::App& app, SummaryLabelOptions& options) {
  app.add_option(
         "--summaries", options.data,
         "Texts with summaries (code or transcript, summary a line): words that the summary "
         "has are labelled 2")
      ->check(CLI::ExistingFile);
  app.add_option("--summaries-leave-out-source", options.leave_out_sources,
                 "Leave this source of them out; NAME or PREFIX*");
  app.add_option("--summaries-share", options.share, "Share of them that is drawn")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
}

struct LinearArguments {
  LinearTrainOptions options;
  std::string loss = "ordinal";
  std::string eval_labels;
};

int run_linear(LinearArguments& arguments) {
  arguments.options.ordinal = arguments.loss == "ordinal";
  const Result<Done> trained = train_linear(arguments.options, print_line);
  if (!trained) return exit_status(trained.error());
  if (arguments.eval_labels.empty()) return 0;
  const Result<Done> measured =
      print_label_quality(arguments.options.out, arguments.eval_labels, print_line);
  return measured ? 0 : exit_status(measured.error());
}

void add_linear(CLI::App& train, std::function<int()>& run) {
  CLI::App* app = train.add_subcommand(
      "linear", "Train the fastest policy: a table of weights for words and their surroundings");
  auto arguments = std::make_shared<LinearArguments>();
  LinearTrainOptions& options = arguments->options;
  app->add_option("--data", options.data, "Label files: text, words, labels a line")
      ->check(CLI::ExistingFile)
      ->required();
  app->add_option("--leave-out-source", options.leave_out_sources,
                  "Leave this source out; NAME or PREFIX*");
  add_summary_options(*app, options.summaries);
  app->add_option("--out", options.out, "The *.linear file to write")->required();
  app->add_option("--epochs", options.epochs, "Passes over the data")->capture_default_str();
  app->add_option("--learning-rate", options.learning_rate, "AdaGrad's")->capture_default_str();
  app->add_option("--weight-decay", options.weight_decay, "Of a weight each time it is used")
      ->capture_default_str();
  app->add_option("--times-min", options.times_min, "Rarer features have no weight")
      ->capture_default_str();
  app->add_option("--loss", arguments->loss, "ordinal or binary")
      ->check(CLI::IsMember({"ordinal", "binary"}))
      ->capture_default_str();
  app->add_option("--seed", options.seed, "For the order of the texts")->capture_default_str();
  app->add_option("--eval-labels", arguments->eval_labels,
                  "Compare word ranks with the labels of this file")
      ->check(CLI::ExistingFile);
  app->callback([arguments, &run] { run = [arguments] { return run_linear(*arguments); }; });
}

void add_query(CLI::App& train, std::function<int()>& run) {
  CLI::App* app = train.add_subcommand(
      "query", "Teach a policy what a question says about which words of a text matter");
  auto options = std::make_shared<QueryTrainOptions>();
  app->add_option("--policy", options->policy,
                  "A linear policy's file, or the folder of an encoder with words.linear")
      ->check(CLI::ExistingPath)
      ->required();
  app->add_option("--data", options->data, "Questions: context, question, answers a line")
      ->check(CLI::ExistingFile)
      ->required();
  app->add_option("--lang", options->filter.languages, "Only these values of the field lang");
  app->add_option("--leave-out-source", options->filter.leave_out_sources,
                  "Leave this source out; NAME or PREFIX*");
  app->add_option("--out", options->out, "File or folder to write, as --policy")->required();
  app->add_option("--epochs", options->epochs, "Passes over the data")->capture_default_str();
  app->add_option("--learning-rate", options->learning_rate, "AdaGrad's")->capture_default_str();
  app->add_option("--anchor-share", options->anchor_share,
                  "What the question's own words beside an answer are worth; the answer's: 1")
      ->capture_default_str();
  app->add_option("--plain-share", options->plain_share,
                  "What all words together are worth that would stay without the question")
      ->capture_default_str();
  app->add_option("--seed", options->seed, "For every random draw")->capture_default_str();
  app->callback([options, &run] {
    run = [options] {
      const auto models = find_models_dir();
      if (!models) return exit_status(models.error());
      const auto counter = load_token_counter("o200k_base", *models);
      if (!counter) return exit_status(counter.error());
      options->counter = *counter;
      const Result<Done> trained = train_query(*options, print_line);
      return trained ? 0 : exit_status(trained.error());
    };
  });
}

struct CorpusArguments {
  CorpusOptions options;
  std::vector<std::string> more_left_out;
  bool all_sources = false;

  const CorpusOptions& finished() {
    if (!all_sources) leave_out_by_default(options.selection);
    auto& left_out = options.selection.leave_out_sources;
    left_out.insert(left_out.end(), more_left_out.begin(), more_left_out.end());
    return options;
  }
};

void add_corpus_options(CLI::App& app, CorpusArguments& arguments) {
  app.add_option("--data", arguments.options.data, "JSON lines with a field text; .zst too")
      ->check(CLI::ExistingFile)
      ->required();
  app.add_option("--lang", arguments.options.selection.languages,
                 "Only these values of the field lang");
  app.add_option("--language-mb", arguments.options.selection.language_mb_max,
                 "Draw every language down to this many MB (0: all)");
  app.add_option("--leave-out-source", arguments.more_left_out,
                 "Leave this source out, too; NAME or PREFIX*");
  app.add_flag("--all-sources", arguments.all_sources,
               "Do not leave out the sources that hold test contexts or may not ship");
  app.add_option("--leave-out-texts", arguments.options.leave_out_texts,
                 "Leave out documents that share text with the records of this file")
      ->check(CLI::ExistingFile);
  app.add_option("--seed", arguments.options.selection.seed, "For every random draw")
      ->capture_default_str();
}

int finish(const Result<Done>& done) { return done ? 0 : exit_status(done.error()); }

void add_vocab(CLI::App& train, std::function<int()>& run) {
  CLI::App* app = train.add_subcommand("vocab", "Learn the pieces of an encoder policy");
  struct Arguments {
    CorpusArguments corpus;
    VocabTrainOptions options;
  };
  auto arguments = std::make_shared<Arguments>();
  add_corpus_options(*app, arguments->corpus);
  VocabTrainOptions& options = arguments->options;
  app->add_option("--out", options.out, "Folder for sentencepiece.bpe.model")->required();
  app->add_option("--vocab", options.vocab_size, "Pieces")->capture_default_str();
  app->add_option("--sample-mb", options.sample_mb, "Text to learn from")->capture_default_str();
  app->add_option("--coverage", options.character_coverage,
                  "Share of characters with a piece of their own; the rest is spelled in bytes")
      ->check(CLI::Range(0.9, 1.0))
      ->capture_default_str();
  app->callback([arguments, &run] {
    run = [arguments] {
      arguments->options.corpus = arguments->corpus.finished();
      return finish(train_vocab(arguments->options, print_line));
    };
  });
}

void add_encoder_options(CLI::App& app, EncoderTrainOptions& options) {
  app.add_option("--vocab", options.vocab, "Folder with sentencepiece.bpe.model")
      ->check(CLI::ExistingDirectory)
      ->required();
  app.add_option("--init", options.init, "Encoder folder to begin with")
      ->check(CLI::ExistingDirectory);
  app.add_option("--out", options.out,
                 "Folder of the run: checkpoint, records and the trained encoder; a run that was "
                 "stopped goes on where it was")
      ->required();
  app.add_option("--layers", options.num_layers, "Layers")->capture_default_str();
  app.add_option("--hidden", options.hidden_size, "Width")->capture_default_str();
  app.add_option("--heads", options.num_heads, "Attention heads")->capture_default_str();
  app.add_option("--ffn", options.intermediate_size, "Feed-forward width")->capture_default_str();
  app.add_option("--window", options.window, "Pieces per chunk, specials included")
      ->check(CLI::Range(16, 512))
      ->capture_default_str();
  app.add_option("--steps", options.steps, "Updates; 0: as --epochs says")->capture_default_str();
  app.add_option("--epochs", options.epochs, "Passes over the data")->capture_default_str();
  app.add_option("--batch", options.batch_chunks, "Chunks per update")->capture_default_str();
  app.add_option("--learning-rate", options.learning_rate, "At its peak")->capture_default_str();
  app.add_option("--dropout", options.dropout, "Share of activations that are dropped")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  app.add_flag("!--no-features", options.features,
               "A plain encoder: do not tell it how often words come again");
  app.add_option("--weight-decay", options.weight_decay, "AdamW's")->capture_default_str();
  app.add_option("--warmup", options.warmup, "Share of the updates with a rising learning rate")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
}

void add_pretrain(CLI::App& train, std::function<int()>& run) {
  CLI::App* app = train.add_subcommand(
      "pretrain", "Train an encoder to guess hidden pieces of text (masked language model)");
  struct Arguments {
    CorpusArguments corpus;
    EncoderTrainOptions options;
  };
  auto arguments = std::make_shared<Arguments>();
  add_corpus_options(*app, arguments->corpus);
  add_encoder_options(*app, arguments->options);
  app->callback([arguments, &run] {
    run = [arguments] {
      const CorpusOptions& corpus = arguments->corpus.finished();
      arguments->options.seed = corpus.selection.seed;
      return finish(pretrain_encoder(corpus, arguments->options, print_line));
    };
  });
}

void add_sft(CLI::App& train, std::function<int()>& run) {
  CLI::App* app = train.add_subcommand(
      "sft", "Train an encoder on words labelled 0 drop, 1 keep, 2 keep when compressing hard");
  struct Arguments {
    LabelOptions labels;
    EncoderTrainOptions options;
    std::string loss = "ordinal";
    std::string eval_labels;
  };
  auto arguments = std::make_shared<Arguments>();
  app->add_option("--data", arguments->labels.data, "Label files: text, words, labels a line")
      ->check(CLI::ExistingFile)
      ->required();
  app->add_option("--leave-out-source", arguments->labels.leave_out_sources,
                  "Leave this source out; NAME or PREFIX*");
  app->add_option("--loss", arguments->loss, "ordinal or binary")
      ->check(CLI::IsMember({"ordinal", "binary"}))
      ->capture_default_str();
  app->add_flag("!--no-linear", arguments->labels.linear,
                "Without a linear policy beside the encoder; served is the mean of both");
  add_summary_options(*app, arguments->labels.summaries);
  app->add_option("--eval-labels", arguments->eval_labels,
                  "Compare word ranks with the labels of this file when done")
      ->check(CLI::ExistingFile);
  app->add_option("--seed", arguments->options.seed, "For every random draw")
      ->capture_default_str();
  add_encoder_options(*app, arguments->options);
  app->callback([arguments, &run] {
    run = [arguments] {
      arguments->labels.ordinal = arguments->loss == "ordinal";
      const Result<Done> trained = train_sft(arguments->labels, arguments->options, print_line);
      if (!trained || arguments->eval_labels.empty()) return finish(trained);
      return finish(
          print_label_quality(arguments->options.out, arguments->eval_labels, print_line));
    };
  });
}

void add_reader(CLI::App& train, std::function<int()>& run) {
  CLI::App* app = train.add_subcommand(
      "reader", "Train the built-in reader of questions: for pith eval --reader, for rewards");
  auto arguments = std::make_shared<ReaderTrainOptions>();
  ReaderTrainOptions& options = *arguments;
  app->add_option("--data", options.data, "Question files: context, question, answers a line")
      ->check(CLI::ExistingFile)
      ->required();
  app->add_option("--lang", options.filter.languages, "Only these values of the field lang");
  app->add_option("--leave-out-source", options.filter.leave_out_sources,
                  "Leave this source out; NAME or PREFIX*");
  app->add_option("--out", options.out,
                  "Folder of the run: checkpoint, records and the reader; a run that was stopped "
                  "goes on where it was")
      ->required();
  app->add_option("--epochs", options.epochs, "Passes over the data")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app->add_option("--learning-rate", options.learning_rate, "Of all epochs but the last two")
      ->capture_default_str();
  app->add_option("--weight-bits", options.weight_bits, "2^this weights")
      ->check(CLI::Range(10, 26))
      ->capture_default_str();
  app->add_option("--unanswerable-bias", options.unanswerable_bias,
                  "Added to the score of refusing; lower: refuses less")
      ->capture_default_str();
  app->add_option("--dropout", options.training.dropout, "Share of features left out of a step")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  app->add_option("--deleted-share", options.training.deleted_share,
                  "Share of texts that lose words in training")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app->add_option("--seed", options.training.seed, "For every random draw")->capture_default_str();
  app->callback([arguments, &run] {
    run = [arguments] { return finish(train_reader(*arguments, print_line)); };
  });
}

}  // namespace

CLI::App& add_train(CLI::App& parent, std::function<int()>& run) {
  CLI::App* train = parent.add_subcommand("train", "Make policies from text and labels");
  train->require_subcommand(1);
  add_linear(*train, run);
  add_query(*train, run);
  add_ngram(*train, run);
  add_vocab(*train, run);
  add_pretrain(*train, run);
  add_sft(*train, run);
  add_reader(*train, run);
  add_train_extractor(*train, run);
  add_train_summarizer(*train, run);
  return *train;
}

}  // namespace pith
