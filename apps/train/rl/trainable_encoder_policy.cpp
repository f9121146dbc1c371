#include "apps/train/rl/trainable_encoder_policy.h"

#include <algorithm>
#include <filesystem>

#include "apps/train/training_run.h"
#include "stages/network/layers/linear.h"
#include "stages/score/repeat_features.h"
#include "stages/score/word_logits.h"
#include "stages/tokenize/word_of_piece.h"

namespace pith {
namespace {

/// Copied as they are.
constexpr const char* kOtherFiles[] = {"tokenizer.json", "sentencepiece.bpe.model",
                                       "tokenizer_config.json", "vocab.txt", kWordsFile};

}  // namespace

TrainableEncoderPolicy::TrainableEncoderPolicy(std::string folder, const EncoderConfig& config,
                                               std::shared_ptr<const HfTokenizer> tokenizer)
    : folder_(std::move(folder)), encoder_(config), tokenizer_(std::move(tokenizer)) {
  weights_.resize(encoder_.layout().size());
  const bool bert = config.kind == EncoderKind::kBert;
  specials_ = {tokenizer_->id_of(bert ? "[CLS]" : "<s>"),
               tokenizer_->id_of(bert ? "[SEP]" : "</s>")};
}

Result<std::unique_ptr<TrainableEncoderPolicy>> TrainableEncoderPolicy::open(
    const std::string& folder) {
  const auto config = read_encoder_config(folder);
  if (!config) return config.error();
  if (config->num_labels != 2 ||
      (config->features_per_piece > 0 && !wants_repeat_features(*config))) {
    return Error{ErrorCode::kFileUnreadable, folder + "/config.json: not a keep policy"};
  }
  auto tokenizer = load_hf_tokenizer(folder, {});
  if (!tokenizer) return tokenizer.error();
  if ((*tokenizer)->vocab_size() > config->vocab_size) {
    return Error{ErrorCode::kFileUnreadable,
                 folder + "/config.json: vocab_size: fewer than the tokenizer's pieces"};
  }
  std::unique_ptr<TrainableEncoderPolicy> policy(
      new TrainableEncoderPolicy(folder, *config, *std::move(tokenizer)));
  if (const auto read = read_parameters(folder, policy->encoder_, policy->weights_); !read) {
    return read.error();
  }
  std::error_code failed;
  if (std::filesystem::exists(folder + "/" + kWordsFile, failed)) {
    auto words = LinearModel::open(folder + "/" + kWordsFile);
    if (!words) return words.error();
    policy->words_ = *std::move(words);
  }
  return policy;
}

void TrainableEncoderPolicy::see(PolicyText& text) const {
  TokenizedSegment& segment = text.segment;
  if (words_) {
    auto added = words_->word_logits(text.text, segment.words, {}, text.query);
    if (added) text.offsets = *std::move(added);
  }
  segment.pieces = tokenizer_->encode(text.text);
  segment.word_of_piece = words_of_pieces(segment.words, segment.pieces);
  text.chunks = encoder_chunks(text.text, segment, encoder_.config(), specials_);
}

const float* TrainableEncoderPolicy::forward(std::span<const float> parameters,
                                             const EncoderChunk& chunk, EncoderTape& tape) const {
  const std::vector<std::int32_t> positions = position_ids(encoder_.config(), chunk.ids);
  return encoder_.forward(parameters, {chunk.ids, positions, chunk.features}, 0.0F, 0, tape);
}

std::vector<float> TrainableEncoderPolicy::piece_logits(std::span<const float> parameters,
                                                        const PolicyText& text,
                                                        EncoderTape& tape) const {
  const auto width = static_cast<std::size_t>(encoder_.config().hidden_size);
  std::vector<float> logits(text.segment.pieces.size());
  std::vector<float> labels;
  for (const EncoderChunk& chunk : text.chunks) {
    const std::size_t length = chunk.ids.size();
    const float* hidden = forward(parameters, chunk, tape);
    labels.resize(2 * length);
    linear_forward(matrix(hidden, length, width),
                   matrix(&parameters[encoder_.classifier_weight()], 2, width),
                   &parameters[encoder_.classifier_bias()], matrix(labels.data(), length, 2));
    for (std::size_t i = chunk.pieces.begin; i < chunk.pieces.end; ++i) {
      const std::size_t row = 2 * (i - chunk.pieces.begin + 1);
      logits[i] = labels[row + 1] - labels[row];
    }
  }
  return logits;
}

void TrainableEncoderPolicy::backward(std::span<const float> parameters, const PolicyText& text,
                                      std::span<const float> dpieces, EncoderTape& tape,
                                      std::span<float> gradients) const {
  if (dpieces.empty()) return;
  const auto width = static_cast<std::size_t>(encoder_.config().hidden_size);
  std::vector<float> dlabels;
  std::vector<float> dhidden;
  for (const EncoderChunk& chunk : text.chunks) {
    const std::size_t length = chunk.ids.size();
    const float* hidden = forward(parameters, chunk, tape);
    dlabels.assign(2 * length, 0.0F);
    for (std::size_t i = chunk.pieces.begin; i < chunk.pieces.end; ++i) {
      const std::size_t row = 2 * (i - chunk.pieces.begin + 1);
      dlabels[row] = -dpieces[i];
      dlabels[row + 1] = dpieces[i];
    }
    dhidden.resize(length * width);
    linear_backward(matrix(std::as_const(dlabels).data(), length, 2), matrix(hidden, length, width),
                    matrix(&parameters[encoder_.classifier_weight()], 2, width),
                    matrix(dhidden.data(), length, width),
                    matrix(&gradients[encoder_.classifier_weight()], 2, width),
                    &gradients[encoder_.classifier_bias()]);
    encoder_.backward(parameters, dhidden.data(), tape, gradients);
  }
}

std::size_t TrainableEncoderPolicy::embedding_parameters() const {
  // The tables come first in the layout, the norm behind them.
  for (const Parameter& parameter : encoder_.layout().all()) {
    if (parameter.name.ends_with("embeddings.LayerNorm.weight")) return parameter.begin;
  }
  return 0;
}

Result<Done> TrainableEncoderPolicy::write(const std::string& folder,
                                           std::span<const float> parameters) const {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return Error{ErrorCode::kStorageFailed, folder + ": " + failed.message()};
  if (const auto written = write_encoder_folder(folder, encoder_, parameters); !written) {
    return written;
  }
  for (const char* name : kOtherFiles) {
    const std::string from = folder_ + "/" + name;
    if (!std::filesystem::exists(from, failed)) continue;
    std::filesystem::copy_file(from, folder + "/" + name,
                               std::filesystem::copy_options::overwrite_existing, failed);
    if (failed) return Error{ErrorCode::kStorageFailed, folder + ": " + failed.message()};
  }
  return Done{};
}

}  // namespace pith
