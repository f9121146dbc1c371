#include "apps/train/rl/trainable_linear_policy.h"

#include <filesystem>

#include "stages/score/linear_features.h"

namespace pith {

TrainableLinearPolicy::TrainableLinearPolicy(std::string path, const LinearModel& model)
    : path_(std::move(path)), number_of_(LinearModel::kNumSlots) {
  for (const LinearModel::Slot& slot : model.slots()) {
    tags_.push_back(slot.tag);
    if (slot.tag == 0) continue;
    number_of_[tags_.size() - 1] = static_cast<std::uint32_t>(weights_.size());
    weights_.push_back(static_cast<float>(slot.weight) * LinearModel::kStep);
  }
  if (!weights_.empty()) layout_.add("words.weights", {weights_.size()}, true);
  bias_ = layout_.add("words.bias", {1}, false);
  weights_.push_back(0.0F);
}

Result<std::unique_ptr<TrainableLinearPolicy>> TrainableLinearPolicy::open(
    const std::string& path) {
  const auto model = LinearModel::open(path);
  if (!model) return model.error();
  return std::unique_ptr<TrainableLinearPolicy>(new TrainableLinearPolicy(path, *model));
}

void TrainableLinearPolicy::see(PolicyText& text) const {
  const LinearFeatures seen(text.text, text.segment.words, text.query);
  const bool asked = !text.query.empty();
  std::vector<std::uint64_t> features;
  for (std::uint32_t word = 0; word < text.num_words(); ++word) {
    const Word& place = text.segment.words[word];
    text.segment.pieces.push_back({0, {place.begin, place.text_end}});
    text.segment.word_of_piece.push_back(word);
    seen.of_word(word, features);
    if (asked) {
      text.offsets.push_back(fixed_sum(features));
      seen.of_query(word, features);
    }
    for (const std::uint64_t feature : features) {
      const std::size_t slot = LinearModel::slot_of(feature);
      if (tags_[slot] == LinearModel::tag_of(feature)) {
        text.parameters.push_back(number_of_[slot]);
      }
    }
    text.parameters_end.push_back(static_cast<std::uint32_t>(text.parameters.size()));
  }
}

float TrainableLinearPolicy::fixed_sum(std::span<const std::uint64_t> features) const {
  float sum = 0.0F;
  for (const std::uint64_t feature : features) {
    const std::size_t slot = LinearModel::slot_of(feature);
    if (tags_[slot] == LinearModel::tag_of(feature)) sum += weights_[number_of_[slot]];
  }
  return sum;
}

std::vector<float> TrainableLinearPolicy::piece_logits(std::span<const float> parameters,
                                                       const PolicyText& text,
                                                       EncoderTape& /*tape*/) const {
  std::vector<float> logits;
  std::size_t at = 0;
  for (const std::uint32_t end : text.parameters_end) {
    float z = parameters[bias_];
    for (; at < end; ++at) z += parameters[text.parameters[at]];
    logits.push_back(z);
  }
  return logits;
}

void TrainableLinearPolicy::backward(std::span<const float> /*parameters*/, const PolicyText& text,
                                     std::span<const float> dpieces, EncoderTape& /*tape*/,
                                     std::span<float> gradients) const {
  std::size_t at = 0;
  for (std::size_t word = 0; word < dpieces.size(); ++word) {
    gradients[bias_] += dpieces[word];
    for (; at < text.parameters_end[word]; ++at) gradients[text.parameters[at]] += dpieces[word];
  }
}

Result<Done> TrainableLinearPolicy::write(const std::string& folder,
                                          std::span<const float> parameters) const {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return Error{ErrorCode::kStorageFailed, folder + ": " + failed.message()};
  std::vector<float> weights(LinearModel::kNumSlots, 0.0F);
  for (std::size_t slot = 0; slot < weights.size(); ++slot) {
    if (tags_[slot] != 0) weights[slot] = parameters[number_of_[slot]];
  }
  return LinearModel(tags_, weights).write(folder + "/policy.linear");
}

}  // namespace pith
