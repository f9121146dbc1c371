#include "apps/train/train_linear.h"

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <unordered_map>
#include <utility>

#include "apps/train/batch_order.h"
#include "stages/score/linear_features.h"

namespace pith {
namespace {

constexpr std::uint32_t kNoSlot = 0xFFFFFFFFU;

/// A text's words as features, one behind the other.
struct FeaturedText {
  std::vector<std::uint64_t> features;
  std::vector<std::uint32_t> slots;  ///< [features.size()], of those that have one.
  std::vector<std::uint32_t> ends;   ///< [num_words]
  std::vector<KeepLabel> labels;     ///< [num_words]
};

FeaturedText featured(const LabelledText& text) {
  const std::vector<Word> words =
      split_words(text.text, {0, static_cast<std::uint32_t>(text.text.size())});
  const LinearFeatures features(text.text, words);
  FeaturedText out;
  out.labels = labels_of_words(text, words);
  std::vector<std::uint64_t> seen;
  for (std::size_t i = 0; i < words.size(); ++i) {
    features.of_word(i, seen);
    out.features.insert(out.features.end(), seen.begin(), seen.end());
    out.ends.push_back(static_cast<std::uint32_t>(out.features.size()));
  }
  return out;
}

/// Gives each slot to the feature that comes most often of those that hash to it, at least
/// `times_min` times, and the texts their features' slots.
std::vector<std::uint16_t> assign_slots(std::vector<FeaturedText>& texts, std::uint32_t times_min) {
  std::unordered_map<std::uint64_t, std::uint32_t> times;
  for (const FeaturedText& text : texts) {
    for (const std::uint64_t feature : text.features) ++times[feature];
  }
  struct Owner {
    std::uint64_t feature = 0;
    std::uint32_t times = 0;
  };
  std::vector<Owner> owners(LinearModel::kNumSlots);
  for (const auto& [feature, count] : times) {
    Owner& owner = owners[LinearModel::slot_of(feature)];
    if (count < times_min || count < owner.times) continue;
    if (count == owner.times && feature > owner.feature) continue;
    owner = {feature, count};
  }
  for (FeaturedText& text : texts) {
    text.slots.reserve(text.features.size());
    for (const std::uint64_t feature : text.features) {
      const std::size_t slot = LinearModel::slot_of(feature);
      const Owner& owner = owners[slot];
      text.slots.push_back(
          owner.times > 0 && owner.feature == feature ? static_cast<std::uint32_t>(slot) : kNoSlot);
    }
    text.features = {};
  }
  std::vector<std::uint16_t> tags(owners.size());
  for (std::size_t i = 0; i < owners.size(); ++i) {
    if (owners[i].times > 0) tags[i] = LinearModel::tag_of(owners[i].feature);
  }
  return tags;
}

class AdaGrad {
 public:
  explicit AdaGrad(const LinearTrainOptions& options)
      : options_(options),
        weights_(LinearModel::kNumSlots),
        squares_(LinearModel::kNumSlots, 1.0F) {}

  /// Loss of the text before the update, in nats.
  double learn(const FeaturedText& text) {
    double loss = 0;
    std::uint32_t begin = 0;
    for (std::size_t i = 0; i < text.ends.size(); ++i) {
      slots_.clear();
      for (; begin < text.ends[i]; ++begin) {
        if (text.slots[begin] != kNoSlot) slots_.push_back(text.slots[begin]);
      }
      float z = 0.0F;
      for (const std::uint32_t slot : slots_) z += weights_[slot];
      float dz = 0.0F;
      float dgap = 0.0F;
      loss += options_.ordinal ? ordinal_loss({&z, 1}, {&text.labels[i], 1}, gap_, {&dz, 1}, &dgap)
                               : binary_loss({&z, 1}, {&text.labels[i], 1}, {&dz, 1});
      gap_ -= kGapRate * dgap;
      for (const std::uint32_t slot : slots_) {
        float& weight = weights_[slot];
        float& square = squares_[slot];
        square += dz * dz;
        weight -= options_.learning_rate * dz / std::sqrt(square) + options_.weight_decay * weight;
      }
    }
    return loss;
  }

  std::span<const float> weights() const { return weights_; }

 private:
  static constexpr float kGapRate = 1e-3F;

  const LinearTrainOptions& options_;
  std::vector<float> weights_, squares_;
  std::vector<std::uint32_t> slots_;
  float gap_ = 1.7F;
};

}  // namespace

std::vector<KeepLabel> labels_of_words(const LabelledText& text, std::span<const Word> words) {
  std::vector<KeepLabel> labels(words.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    while (at < text.words.size() && text.words[at].end <= words[i].begin) ++at;
    for (std::size_t j = at; j < text.words.size() && text.words[j].begin < words[i].text_end;
         ++j) {
      labels[i] = std::max(labels[i], text.labels[j]);
    }
  }
  return labels;
}

LinearModel train_linear_model(std::span<const LabelledText* const> texts,
                               const LinearTrainOptions& options, const Progress& progress) {
  std::vector<FeaturedText> featured_texts(texts.size());
  tbb::parallel_for(std::size_t{0}, texts.size(),
                    [&](std::size_t i) { featured_texts[i] = featured(*texts[i]); });
  const std::vector<std::uint16_t> tags = assign_slots(featured_texts, options.times_min);
  AdaGrad learner(options);
  for (std::uint32_t epoch = 0; epoch < options.epochs; ++epoch) {
    double loss = 0;
    double num_words = 0;
    for (const std::uint32_t index : shuffled(texts.size(), options.seed, epoch)) {
      loss += learner.learn(featured_texts[index]);
      num_words += static_cast<double>(featured_texts[index].labels.size());
    }
    char line[96];
    std::snprintf(line, sizeof line, "epoch %u of %u  loss %.4f", epoch + 1, options.epochs,
                  loss / std::max(1.0, num_words));
    progress(line);
  }
  return {tags, learner.weights()};
}

Result<Done> train_linear(const LinearTrainOptions& options, const Progress& progress) {
  std::vector<LabelledText> texts;
  for (const std::string& path : options.data) {
    auto read = read_labelled_texts(path, options.leave_out_sources);
    if (!read) return read.error();
    std::move(read->begin(), read->end(), std::back_inserter(texts));
  }
  if (texts.empty()) return Error{ErrorCode::kInvalidArgument, "--data holds no labels"};
  auto summarised = read_summary_labels(options.summaries);
  if (!summarised) return summarised.error();
  std::move(summarised->begin(), summarised->end(), std::back_inserter(texts));
  std::vector<const LabelledText*> all;
  for (const LabelledText& text : texts) all.push_back(&text);
  return train_linear_model(all, options, progress).write(options.out);
}

}  // namespace pith
