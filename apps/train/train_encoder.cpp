#include "apps/train/train_encoder.h"

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "apps/train/batch_order.h"
#include "apps/train/labelled_texts.h"
#include "apps/train/piece_chunks.h"
#include "apps/train/planned_rate.h"
#include "apps/train/sentencepiece_training.h"
#include "apps/train/train_linear.h"
#include "apps/train/training_run.h"
#include "stages/network/counter_random.h"
#include "stages/network/layers/linear.h"
#include "stages/network/masked_language_loss.h"
#include "stages/score/repeat_features.h"
#include "stages/tokenize/hf_tokenizer.h"

namespace pith {
namespace {

constexpr const char* kVocabFile = "sentencepiece.bpe.model";

Result<TextCorpus> open_corpus(const CorpusOptions& options) {
  CorpusSelection selection = options.selection;
  if (const auto watched = watch_texts(options.leave_out_texts, selection.leave_out_texts);
      !watched) {
    return watched.error();
  }
  return TextCorpus::open(options.data, std::move(selection));
}

EncoderConfig config_of(const EncoderTrainOptions& options, std::int32_t vocab_size) {
  EncoderConfig config;
  config.kind = EncoderKind::kXlmRoberta;
  config.vocab_size = vocab_size;
  config.hidden_size = options.hidden_size;
  config.num_layers = options.num_layers;
  config.num_heads = options.num_heads;
  config.intermediate_size = options.intermediate_size;
  config.max_positions = options.window + kPadId + 1;
  config.type_vocab_size = 1;
  if (options.features) {
    config.type_vocab_size = kRepeatFeatureRows;
    config.features_per_piece = kRepeatFeaturesPerPiece;
    config.features = kRepeatFeatures;
  }
  config.pad_id = kPadId;
  config.layer_norm_eps = 1e-5F;
  return config;
}

std::string description(const char* kind, const EncoderTrainOptions& options, std::size_t num_ids,
                        const std::string& more) {
  char text[1024];
  std::snprintf(
      text, sizeof text,
      "{\"kind\": \"%s\", \"layers\": %d, \"hidden\": %d, \"heads\": %d, \"ffn\": %d, "
      "\"window\": %d, \"steps\": %llu, \"epochs\": %g, \"batch_chunks\": %u, "
      "\"learning_rate\": %g, \"dropout\": %g, \"weight_decay\": %g, \"warmup\": %g, "
      "\"seed\": %llu, \"features\": \"%s\", \"ids\": %zu%s}\n",
      kind, options.num_layers, options.hidden_size, options.num_heads, options.intermediate_size,
      options.window, static_cast<unsigned long long>(options.steps), options.epochs,
      options.batch_chunks, static_cast<double>(options.learning_rate),
      static_cast<double>(options.dropout), static_cast<double>(options.weight_decay),
      options.warmup, static_cast<unsigned long long>(options.seed),
      options.features ? std::string(kRepeatFeatures).c_str() : "none", num_ids, more.c_str());
  return text;
}

TrainingPlan plan_of(const EncoderTrainOptions& options, std::uint64_t steps_per_epoch,
                     std::string description) {
  TrainingPlan plan;
  plan.folder = options.out;
  plan.description = std::move(description);
  plan.rate = planned_rate(options, steps_per_epoch);
  plan.optimizer.weight_decay = options.weight_decay;
  return plan;
}

Result<std::vector<float>> initial_parameters(const TrainableEncoder& encoder,
                                              const EncoderTrainOptions& options) {
  std::vector<float> parameters(encoder.layout().size());
  initialize_parameters(encoder.layout(), 0.02F, options.seed, parameters);
  if (options.init.empty()) return parameters;
  if (const auto read = read_parameters(options.init, encoder, parameters); !read) {
    return read.error();
  }
  return parameters;
}

/// The trained encoder with its vocabulary, ready for `pith compress --policy`.
Result<Done> write_policy(const EncoderTrainOptions& options, const TrainableEncoder& encoder,
                          std::span<const float> parameters) {
  if (const auto written = write_encoder_folder(options.out, encoder, parameters); !written) {
    return written;
  }
  std::error_code failed;
  std::filesystem::copy_file(options.vocab + "/" + kVocabFile, options.out + "/" + kVocabFile,
                             std::filesystem::copy_options::overwrite_existing, failed);
  if (failed) return Error{ErrorCode::kStorageFailed, options.out + ": " + failed.message()};
  return Done{};
}

using SharedTokenizer = std::shared_ptr<const HfTokenizer>;

Result<PieceChunks> read_chunks(const TextCorpus& corpus, const HfTokenizer& tokenizer,
                                const EncoderTrainOptions& options) {
  const auto window = static_cast<std::size_t>(options.window);
  constexpr std::size_t kShortest = 32;
  constexpr std::size_t kBatchBytes = std::size_t{4} << 20U;
  PieceChunks chunks;
  std::vector<std::string> texts;
  std::size_t bytes = 0;
  const auto flush = [&] {
    std::vector<std::vector<Piece>> pieces(texts.size());
    std::vector<std::vector<std::int32_t>> features(texts.size());
    tbb::parallel_for(std::size_t{0}, texts.size(), [&](std::size_t i) {
      pieces[i] = tokenizer.encode(texts[i]);
      if (options.features) features[i] = repeat_features_of_text(texts[i], pieces[i]);
    });
    for (std::size_t i = 0; i < texts.size(); ++i) {
      chunks.add(pieces[i], features[i], window, kShortest);
    }
    texts.clear();
    bytes = 0;
  };
  const Result<Done> read = corpus.for_each([&](const TextRecord& record) {
    texts.emplace_back(record.text);
    bytes += record.text.size();
    if (bytes > kBatchBytes) flush();
  });
  if (!read) return read.error();
  flush();
  return chunks;
}

}  // namespace

Result<Done> train_vocab(const VocabTrainOptions& options, const Progress& progress) {
  const auto corpus = open_corpus(options.corpus);
  if (!corpus) return corpus.error();
  const auto lines = sample_lines(*corpus, options.sample_mb * 1e6, options.corpus.selection.seed);
  if (!lines) return lines.error();
  VocabularyOptions vocabulary;
  vocabulary.vocab_size = options.vocab_size;
  vocabulary.sentence_marks = true;
  vocabulary.character_coverage = options.character_coverage;
  progress("learning a vocabulary from " + std::to_string(lines->size()) + " lines");
  const auto model = train_sentencepiece(*lines, vocabulary);
  if (!model) return model.error();
  std::error_code failed;
  std::filesystem::create_directories(options.out, failed);
  const std::string path = options.out + "/" + kVocabFile;
  if (!(std::ofstream(path, std::ios::binary) << *model).flush()) {
    return Error{ErrorCode::kStorageFailed, path + ": cannot be written"};
  }
  return Done{};
}

Result<Done> pretrain_encoder(const CorpusOptions& corpus_options,
                              const EncoderTrainOptions& options, const Progress& progress) {
  const auto tokenizer = load_hf_tokenizer(options.vocab, {});
  if (!tokenizer) return tokenizer.error();
  const auto corpus = open_corpus(corpus_options);
  if (!corpus) return corpus.error();
  const auto chunks = read_chunks(*corpus, **tokenizer, options);
  if (!chunks) return chunks.error();
  if (chunks->size() == 0) return Error{ErrorCode::kInvalidArgument, "--data holds no text"};
  progress(std::to_string(chunks->size()) + " chunks of " + std::to_string(chunks->num_ids()) +
           " pieces");

  const TrainableEncoder encoder(config_of(options, (*tokenizer)->vocab_size()));
  auto initial = initial_parameters(encoder, options);
  if (!initial) return initial.error();
  BatchOrder order(chunks->size(), options.batch_chunks, options.seed);
  auto run = TrainingRun::open(encoder.layout(),
                               plan_of(options, order.steps_per_epoch(),
                                       description("pretrain", options, chunks->num_ids(), "")),
                               *std::move(initial));
  if (!run) return run.error();
  const EncoderConfig& config = encoder.config();
  const auto width = static_cast<std::size_t>(config.hidden_size);
  const std::size_t table_size = width * static_cast<std::size_t>(config.vocab_size);
  std::vector<MaskedText> texts;
  std::vector<std::vector<std::int32_t>> features;
  const auto make_batch = [&](std::uint64_t step, std::span<const float> parameters) {
    const auto batch = order.batch(step);
    StepBatch made;
    made.num_items = batch.size();
    made.num_targets = 0;
    texts.resize(batch.size());
    features.resize(batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      texts[i] = mask_text((*chunks)[batch[i]], config.vocab_size - 1, kFirstPieceId,
                           config.vocab_size - 1, random_bits(options.seed + 1, step * 65536 + i));
      features[i] = chunks->features(batch[i]);
      made.num_targets += static_cast<double>(texts[i].places.size());
      made.num_tokens += static_cast<double>(texts[i].ids.size());
    }
    made.num_targets = std::max(1.0, made.num_targets);
    made.work = [&, parameters, step](std::size_t item, EncoderTape& tape,
                                      std::span<float> gradients) {
      thread_local MaskedLanguageMemory memory;
      thread_local AlignedBuffer<float> dhidden;
      const MaskedText& text = texts[item];
      const std::size_t length = text.ids.size();
      const float* hidden = encoder.forward(
          parameters, {text.ids, chunk_positions(length), features[item]}, options.dropout,
          random_bits(options.seed + 2, step * 65536 + item), tape);
      float* gradient = dhidden.reserve(length * width);
      const double loss = masked_language_loss(
          hidden, length, width, text, parameters.subspan(encoder.word_table(), table_size), memory,
          gradient, gradients.subspan(encoder.word_table(), table_size));
      encoder.backward(parameters, gradient, tape, gradients);
      return loss;
    };
    return made;
  };
  if (const auto done = run->run(make_batch, progress); !done) return done;
  return write_policy(options, encoder, run->parameters());
}

Result<Done> train_sft(const LabelOptions& label_options, const EncoderTrainOptions& options,
                       const Progress& progress) {
  const auto tokenizer = load_hf_tokenizer(options.vocab, {});
  if (!tokenizer) return tokenizer.error();
  std::vector<LabelledChunk> chunks;
  std::size_t num_ids = 0;
  std::vector<LabelledText> texts;
  for (const std::string& path : label_options.data) {
    auto read = read_labelled_texts(path, label_options.leave_out_sources);
    if (!read) return read.error();
    std::move(read->begin(), read->end(), std::back_inserter(texts));
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const LabelledText& text = texts[i];
    const std::vector<Piece> pieces = (*tokenizer)->encode(text.text);
    std::vector<std::int32_t> features;
    if (options.features) features = repeat_features_of_text(text.text, pieces);
    auto cut = label_chunks(pieces, features, text.words, text.labels,
                            static_cast<std::size_t>(options.window));
    for (LabelledChunk& chunk : cut) {
      num_ids += chunk.ids.size();
      chunks.push_back(std::move(chunk));
    }
  }
  if (chunks.empty()) return Error{ErrorCode::kInvalidArgument, "--data holds no labels"};
  progress(std::to_string(chunks.size()) + " chunks of " + std::to_string(num_ids) + " pieces");

  const TrainableEncoder encoder(config_of(options, (*tokenizer)->vocab_size()), 1);
  auto initial = initial_parameters(encoder, options);
  if (!initial) return initial.error();
  const std::size_t gap_at = encoder.loss_parameters();
  (*initial)[gap_at] = 1.5F;
  BatchOrder order(chunks.size(), options.batch_chunks, options.seed);
  auto run =
      TrainingRun::open(encoder.layout(),
                        plan_of(options, order.steps_per_epoch(),
                                description("sft", options, num_ids,
                                            label_options.ordinal ? ", \"loss\": \"ordinal\""
                                                                  : ", \"loss\": \"binary\"")),
                        *std::move(initial));
  if (!run) return run.error();
  const auto width = static_cast<std::size_t>(encoder.config().hidden_size);
  const auto make_batch = [&](std::uint64_t step, std::span<const float> parameters) {
    const auto batch = order.batch(step);
    StepBatch made;
    made.num_items = batch.size();
    made.num_targets = 0;
    for (const std::uint32_t index : batch) {
      made.num_targets += static_cast<double>(chunks[index].labels.size());
      made.num_tokens += static_cast<double>(chunks[index].ids.size());
    }
    made.work = [&, parameters, batch, step](std::size_t item, EncoderTape& tape,
                                             std::span<float> gradients) {
      const LabelledChunk& chunk = chunks[batch[item]];
      const std::size_t length = chunk.ids.size();
      const std::size_t num_words = chunk.labels.size();
      std::vector<float> logits(2 * length);
      std::vector<float> z(num_words);
      std::vector<float> dz(num_words);
      std::vector<float> dhidden(length * width);
      const float* hidden = encoder.forward(
          parameters, {chunk.ids, chunk_positions(length), chunk.features}, options.dropout,
          random_bits(options.seed + 2, step * 65536 + item), tape);
      const ConstMatrixRef inputs = matrix(hidden, length, width);
      const ConstMatrixRef weight = matrix(&parameters[encoder.classifier_weight()], 2, width);
      linear_forward(inputs, weight, &parameters[encoder.classifier_bias()],
                     matrix(logits.data(), length, 2));
      mean_over_words(logits, chunk.word_of_piece, z);
      const double loss = label_options.ordinal ? ordinal_loss(z, chunk.labels, parameters[gap_at],
                                                               dz, &gradients[gap_at])
                                                : binary_loss(z, chunk.labels, dz);
      mean_over_words_backward(dz, chunk.word_of_piece, logits);
      linear_backward(matrix(std::as_const(logits).data(), length, 2), inputs, weight,
                      matrix(dhidden.data(), length, width),
                      matrix(&gradients[encoder.classifier_weight()], 2, width),
                      &gradients[encoder.classifier_bias()]);
      encoder.backward(parameters, dhidden.data(), tape, gradients);
      return loss;
    };
    return made;
  };
  if (const auto done = run->run(make_batch, progress); !done) return done;
  std::vector<float> parameters(run->parameters().begin(), run->parameters().end());
  if (label_options.linear) {
    LinearTrainOptions linear;
    linear.ordinal = label_options.ordinal;
    linear.seed = options.seed;
    std::vector<const LabelledText*> all;
    for (const LabelledText& text : texts) all.push_back(&text);
    const auto summarised = read_summary_labels(label_options.summaries);
    if (!summarised) return summarised.error();
    for (const LabelledText& text : *summarised) all.push_back(&text);
    const LinearModel model = train_linear_model(all, linear, progress);
    // What is served is the sum: a half of each.
    const auto written = model.scaled(0.5F).write(options.out + "/" + kWordsFile);
    if (!written) return written;
    const std::span<float> classifier(&parameters[encoder.classifier_weight()], 2 * width);
    for (float& weight : classifier) weight *= 0.5F;
    for (std::size_t label = 0; label < 2; ++label) {
      parameters[encoder.classifier_bias() + label] *= 0.5F;
    }
  }
  return write_policy(options, encoder, parameters);
}

}  // namespace pith
