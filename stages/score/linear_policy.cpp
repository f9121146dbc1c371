#include "stages/score/linear_policy.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <filesystem>

#include "stages/model_files/mapped_file.h"
#include "stages/model_files/tensor_files.h"
#include "stages/model_files/tensor_writer.h"
#include "stages/score/word_logits.h"

namespace pith {
namespace {

/// A table that another version of the features was trained with has another name.
constexpr const char* kTags = "words-1.tags";
constexpr const char* kWeights = "words-1.weights";
constexpr std::uint64_t kFileBytesMax = std::uint64_t{64} << 20U;
/// About 0.2 ms of work between two looks at the clock.
constexpr std::size_t kWordsPerCheck = 256;

/// Words are read from the text itself.
class NoPieces final : public Tokenizer {
 public:
  std::vector<Piece> encode(std::string_view) const override { return {}; }
  std::int32_t vocab_size() const override { return 0; }
};

}  // namespace

LinearModel::LinearModel(std::span<const std::uint16_t> tags, std::span<const float> weights)
    : slots_(kNumSlots) {
  assert(tags.size() == kNumSlots && weights.size() == kNumSlots);
  for (std::size_t i = 0; i < kNumSlots; ++i) {
    const float steps = std::clamp(std::round(weights[i] / kStep), -32768.0F, 32767.0F);
    slots_[i] = {tags[i], static_cast<std::int16_t>(steps)};
  }
}

Result<LinearModel> LinearModel::open(const std::string& path) {
  const auto file = TensorFiles::open_file(path);
  if (!file) return file.error();
  const std::vector<std::uint64_t> shape = {kNumSlots};
  const auto weights = file->floats(kWeights, shape);
  if (!weights) return weights.error();
  const auto numbers = file->floats(kTags, shape);
  if (!numbers) return numbers.error();
  std::vector<std::uint16_t> tags;
  tags.reserve(kNumSlots);
  for (const float number : *numbers) {
    if (!(number >= 0.0F && number < static_cast<float>(1U << kTagBits)) ||
        number != std::trunc(number)) {
      return Error{ErrorCode::kFileUnreadable, path + ": " + kTags + ": not a tag"};
    }
    tags.push_back(static_cast<std::uint16_t>(number));
  }
  return LinearModel(tags, *weights);
}

LinearModel LinearModel::scaled(float factor) const {
  std::vector<std::uint16_t> tags;
  std::vector<float> weights;
  for (const Slot& slot : slots_) {
    tags.push_back(slot.tag);
    weights.push_back(factor * static_cast<float>(slot.weight) * kStep);
  }
  return {tags, weights};
}

Result<Done> LinearModel::write(const std::string& path) const {
  // Tags are whole numbers below 2^11, which halves hold exactly.
  std::vector<float> tags;
  std::vector<float> weights;
  for (const Slot& slot : slots_) {
    tags.push_back(slot.tag);
    weights.push_back(static_cast<float>(slot.weight) * kStep);
  }
  const TensorToWrite tensors[] = {{kTags, {kNumSlots}, tags, TensorType::kFloat16},
                                   {kWeights, {kNumSlots}, weights, TensorType::kFloat16}};
  return write_tensors(path, tensors, {{"format", "pith linear policy"}});
}

Result<std::vector<float>> LinearModel::word_logits(std::string_view text,
                                                    std::span<const Word> words,
                                                    const StopCheck& stop,
                                                    std::string_view query) const {
  if (stop) {
    if (auto reason = stop()) return *std::move(reason);
  }
  const LinearFeatures features(text, words, query, stop);
  std::vector<float> logits(words.size());
  std::vector<std::uint64_t> seen;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (stop && i % kWordsPerCheck == 0) {
      if (auto reason = stop()) return *std::move(reason);
    }
    std::int32_t steps = 0;
    const auto add = [&] {
      for (const std::uint64_t feature : seen) {
        const Slot slot = slots_[slot_of(feature)];
        if (slot.tag == tag_of(feature)) steps += slot.weight;
      }
    };
    features.of_word(i, seen);
    add();
    features.of_query(i, seen);
    add();
    logits[i] = static_cast<float>(steps) * kStep;
  }
  return logits;
}

Result<std::shared_ptr<const LinearPolicy>> LinearPolicy::open(const std::string& path) {
  auto model = LinearModel::open(path);
  if (!model) return model.error();
  const auto bytes = MappedFile::open(path, kFileBytesMax);
  if (!bytes) return bytes.error();
  return std::shared_ptr<const LinearPolicy>(new LinearPolicy(
      *std::move(model), sha256_hex(bytes->bytes()), std::filesystem::path(path).stem().string()));
}

const Tokenizer& LinearPolicy::tokenizer() const {
  static const NoPieces kTokenizer;
  return kTokenizer;
}

Result<Done> LinearPolicy::score(std::span<ScoreItem> batch, const ScoreLimits& limits) const {
  for (ScoreItem& item : batch) {
    auto logits = model_.word_logits(item.text, item.segment->words,
                                     stop_check(limits, item.limits), item.query);
    item.stopped = !logits;
    if (item.stopped) {
      if (auto reason = stop_reason(limits)) return *std::move(reason);
      continue;
    }
    item.keep_prob = *std::move(logits);
    for (float& value : item.keep_prob) value = keep_probability(value);
  }
  return Done{};
}

}  // namespace pith
