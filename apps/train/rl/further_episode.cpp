#include <algorithm>
#include <cmath>
#include <numeric>

#include "apps/train/rl/episode.h"
#include "stages/score/word_logits.h"

namespace pith {

LabelShares label_shares(std::span<const LabelledText> texts) {
  double num_words = 0;
  double keep = 0;
  double core = 0;
  for (const LabelledText& text : texts) {
    num_words += static_cast<double>(text.labels.size());
    keep += static_cast<double>(
        std::ranges::count_if(text.labels, [](KeepLabel label) { return label >= 1; }));
    core += static_cast<double>(std::ranges::count(text.labels, KeepLabel{2}));
  }
  if (num_words == 0) return {};
  return {keep / num_words, core / num_words};
}

std::vector<KeepLabel> own_labels(std::span<const float> z, const LabelShares& shares) {
  std::vector<std::uint32_t> order(z.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return z[a] > z[b]; });
  const auto size = static_cast<double>(z.size());
  const auto num_keep = static_cast<std::size_t>(std::lround(shares.keep * size));
  const auto num_core = static_cast<std::size_t>(std::lround(shares.core * size));
  std::vector<KeepLabel> labels(z.size(), 0);
  for (std::size_t i = 0; i < order.size(); ++i) {
    labels[order[i]] = i < num_core ? 2 : i < num_keep ? 1 : 0;
  }
  return labels;
}

float best_gap(std::span<const float> z, std::span<const KeepLabel> labels) {
  // Where the loss is least, as many core words are expected as there are.
  const auto core = static_cast<double>(std::ranges::count(labels, KeepLabel{2}));
  double low = -20;
  double high = 20;
  for (int step = 0; step < 50; ++step) {
    const double middle = 0.5 * (low + high);
    double expected = 0;
    for (const float each : z) expected += 1.0 / (1.0 + std::exp(middle - each));
    (expected > core ? low : high) = middle;
  }
  return static_cast<float>(0.5 * (low + high));
}

void learn_further(float gap, Episode& episode, EpisodeCounts& counts) {
  episode.dpieces.assign(episode.piece_logits.size(), 0.0F);
  const std::size_t num_words = episode.labels.size();
  if (num_words == 0 || episode.piece_logits.empty()) return;
  std::vector<float> dz(num_words);
  float ignored = 0.0F;
  const auto words = static_cast<double>(num_words);
  episode.loss = ordinal_loss(episode.z, episode.labels, gap, dz, &ignored) / words;
  for (float& slope : dz) slope /= static_cast<float>(words);
  episode.dpieces = word_logits_backward(episode.text.segment, dz);
  counts.num_labelled += words;
  counts.label_loss += episode.loss * words;
}

}  // namespace pith
