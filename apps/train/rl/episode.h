// What one record gives to learn from in one step: texts drawn, rewards, a gradient.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/train/labelled_texts.h"
#include "apps/train/rl/policy_text.h"
#include "apps/train/rl/rl_options.h"
#include "apps/train/rl/trainable_policy.h"
#include "stages/reward/exploration_band.h"
#include "stages/reward/taco_rl.h"

namespace pith {

/// One text that was drawn.
struct DrawnText {
  KeptText kept;
  bool asked = true;  ///< Else its reward is known without a reader.
  /// Empty: the reader refused it; it is not learned from.
  std::optional<double> reward;
};

/// Sums over words or texts, for the records of a run.
struct EpisodeCounts {
  double num_texts = 0, reward = 0;    ///< Texts with a reward.
  double num_inside = 0;               ///< TACO-RL: texts inside the gate.
  double num_records = 0, spread = 0;  ///< Deviation of a record's rewards.
  double num_words = 0, kl = 0, entropy = 0;
  double kept_tokens = 0, wanted_tokens = 0, origin_tokens = 0;
  double num_labelled = 0, label_loss = 0;  ///< Further supervised training.
  EpisodeCounts& operator+=(const EpisodeCounts& other);
};

/// In its order: what is read, what is drawn, what is learned.
struct Episode {
  std::uint32_t record = 0;
  PolicyText text;
  std::vector<float> piece_logits;  ///< [num_pieces]
  std::vector<float> z;             ///< [num_words]; of the band: value_scores().
  std::vector<float> slope;         ///< [num_words], of the band: d value / d logit.
  std::vector<DrawnText> drawn;     ///< Empty: nothing to learn here.
  std::optional<DrawnText> served;  ///< What would be served: the self-critical baseline.

  // Of TACO-RL.
  std::vector<std::uint8_t> actions;  ///< [num_pieces]
  // Of the band.
  std::size_t rate = 0;  ///< Of options.times.
  std::uint32_t wanted_tokens = 0;
  double word_rate = 0;  ///< Cost of what would be served / all of it.
  ExplorationBand band;
  std::vector<float> reference_z;  ///< Of the policy that the run began with; empty: not wanted.

  // Of further supervised training.
  std::vector<KeepLabel> labels;  ///< [num_words]

  std::vector<float> dpieces;  ///< dL/d(piece_logits), once there are rewards.
  double loss = 0;
};

/// Draws from episode.piece_logits and z. The same for the same seed.
void draw_taco(const TacoMethod& method, const TokenCounter& reader, std::uint64_t seed,
               Episode& episode);
void draw_band(const BandMethod& method, std::span<const double> times, const TokenCounter& reader,
               std::uint64_t seed, Episode& episode);

/// Fills dpieces and loss from the rewards, and adds to `counts`.
void learn_taco(const TacoMethod& method, Episode& episode, EpisodeCounts& counts);
/// `deviation`: of the batch's rewards; `baseline`: the moving one's, where it is used; `kl`: the
/// weight of the divergence now.
void learn_band(const BandMethod& method, double deviation, double baseline, double kl,
                Episode& episode, EpisodeCounts& counts);

/// Of annotated words, those to keep at moderate and at hard compression.
struct LabelShares {
  double keep = 0.5, core = 0.2;
};
LabelShares label_shares(std::span<const LabelledText> texts);
/// What a policy would say itself: its first words are core, the next keep, at these shares.
std::vector<KeepLabel> own_labels(std::span<const float> z, const LabelShares& shares);
/// The gap of ordinal_loss at which it is least.
float best_gap(std::span<const float> z, std::span<const KeepLabel> labels);
/// Fills dpieces and loss (a word's mean) from the labels.
void learn_further(float gap, Episode& episode, EpisodeCounts& counts);

}  // namespace pith
