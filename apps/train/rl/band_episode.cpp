#include <algorithm>
#include <cmath>
#include <numeric>

#include "apps/train/rl/episode.h"
#include "stages/network/counter_random.h"
#include "stages/reward/band_gradient.h"
#include "stages/reward/baselines.h"
#include "stages/reward/pair_gradient.h"
#include "stages/reward/rate_policy.h"
#include "stages/score/word_logits.h"

namespace pith {
namespace {

constexpr std::size_t kWordsLeast = 8;  ///< Of fewer there is nothing to choose.

WordScores scores_of(const Episode& episode, const std::vector<std::uint8_t>& fixed) {
  return {episode.z, episode.text.cost, fixed};
}

/// m of the band's words.
std::vector<std::uint8_t> in_band(const ExplorationBand& band, const DrawnText& drawn) {
  std::vector<std::uint8_t> kept;
  for (const std::uint32_t word : band.words) kept.push_back(drawn.kept.words[word]);
  return kept;
}

std::vector<double> rewards_of(const Episode& episode) {
  std::vector<double> rewards;
  for (const DrawnText& drawn : episode.drawn) {
    if (drawn.reward) rewards.push_back(*drawn.reward);
  }
  return rewards;
}

/// The mean over pairs of what each says of dJ/dz of the band's words.
std::vector<double> gradient_of_pairs(const BandGradientOptions& options, double deviation,
                                      std::span<const float> cost, const Episode& episode) {
  const ExplorationBand& band = episode.band;
  std::vector<double> sum(band.words.size());
  double num_pairs = 0;
  for (std::size_t i = 0; i + 1 < episode.drawn.size(); i += 2) {
    const DrawnText& one = episode.drawn[i];
    const DrawnText& other = episode.drawn[i + 1];
    if (!one.reward || !other.reward) continue;
    ++num_pairs;
    const double half = scaled_advantage(0.5 * (*one.reward - *other.reward), deviation);
    if (half == 0.0) continue;
    const auto part =
        pair_gradient({in_band(band, one), in_band(band, other), band.prob, cost}, half, options);
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += part[k];
  }
  for (double& each : sum) each /= std::max(1.0, num_pairs);
  return sum;
}

/// The mean over draws.
std::vector<double> gradient_of_draws(const BandGradientOptions& options,
                                      std::span<const double> advantages,
                                      std::span<const float> cost, const Episode& episode) {
  const ExplorationBand& band = episode.band;
  std::vector<double> sum(band.words.size());
  std::size_t at = 0;
  for (const DrawnText& drawn : episode.drawn) {
    if (!drawn.reward) continue;
    const double advantage = advantages[at++];
    if (advantage == 0.0) continue;
    const auto part =
        band_gradient({in_band(band, drawn), band.propensity, band.prob, cost}, advantage, options);
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += part[k];
  }
  for (double& each : sum) each /= std::max<double>(1.0, static_cast<double>(at));
  return sum;
}

std::vector<double> advantages_of(const BandMethod& method, double deviation, double baseline,
                                  const Episode& episode) {
  const std::vector<double> rewards = rewards_of(episode);
  std::vector<double> advantages =
      method.baseline == RlBaseline::kLeaveOneOut ? leave_one_out(rewards) : rewards;
  double base = 0.0;
  if (method.baseline == RlBaseline::kMoving) base = baseline;
  if (method.baseline == RlBaseline::kSelfCritical) {
    // Without the served text's reward there is nothing to compare with.
    if (!episode.served || !episode.served->reward) {
      return std::vector<double>(rewards.size(), 0.0);
    }
    base = *episode.served->reward;
  }
  for (double& each : advantages) each = scaled_advantage(each - base, deviation);
  return advantages;
}

}  // namespace

EpisodeCounts& EpisodeCounts::operator+=(const EpisodeCounts& other) {
  num_texts += other.num_texts;
  reward += other.reward;
  num_inside += other.num_inside;
  num_records += other.num_records;
  spread += other.spread;
  num_words += other.num_words;
  kl += other.kl;
  entropy += other.entropy;
  kept_tokens += other.kept_tokens;
  wanted_tokens += other.wanted_tokens;
  origin_tokens += other.origin_tokens;
  num_labelled += other.num_labelled;
  label_loss += other.label_loss;
  return *this;
}

void draw_band(const BandMethod& method, std::span<const double> times, const TokenCounter& reader,
               std::uint64_t seed, Episode& episode) {
  const PolicyText& text = episode.text;
  if (text.num_words() < kWordsLeast || text.segment.pieces.empty()) return;
  episode.rate = random_bits(seed, 0) % times.size();
  const std::uint32_t tokens = episode.wanted_tokens = tokens_at(text, times[episode.rate]);
  DrawnText served;
  served.kept = kept_within(text, episode.z, tokens, reader);

  // The band lies around the threshold of what is served: the same words at the same cost.
  const double cost = std::accumulate(text.cost.begin(), text.cost.end(), 0.0);
  double kept_cost = 0;
  for (std::size_t i = 0; i < text.num_words(); ++i) {
    if (served.kept.words[i] != 0) kept_cost += text.cost[i];
  }
  if (kept_cost >= cost) return;
  constexpr double kHalfOfLeastCost = 0.125;
  BandOptions options;
  options.rate = episode.word_rate = (kept_cost + kHalfOfLeastCost) / cost;
  options.words_max = method.words_max;
  options.temperature = method.temperature;
  const std::vector<std::uint8_t> fixed(text.num_words(), 0);
  const WordScores scores = scores_of(episode, fixed);
  episode.band = exploration_band(scores, options);
  if (episode.band.empty()) return;
  for (std::uint32_t i = 0; i < method.samples; ++i) {
    const bool antithetic = method.opposite && i % 2 == 1;
    const std::uint64_t luck = random_bits(seed, 1 + (method.opposite ? i / 2 : i));
    DrawnText drawn;
    drawn.kept =
        method.exact_length
            ? kept_within(text,
                          drawn_order(episode.band, scores, method.temperature, luck, antithetic),
                          tokens, reader)
            : kept_words(text, draw(episode.band, luck, antithetic), reader);
    episode.drawn.push_back(std::move(drawn));
  }
  if (method.baseline == RlBaseline::kSelfCritical) episode.served = std::move(served);
}

void learn_band(const BandMethod& method, double deviation, double baseline, double kl,
                Episode& episode, EpisodeCounts& counts) {
  const PolicyText& text = episode.text;
  episode.dpieces.assign(episode.piece_logits.size(), 0.0F);
  if (episode.drawn.empty()) return;
  std::vector<float> band_cost;
  for (const std::uint32_t word : episode.band.words) band_cost.push_back(text.cost[word]);
  BandGradientOptions options;
  options.through_threshold = method.through_threshold;
  options.temperature = method.temperature;
  const bool pairs = method.opposite && method.baseline == RlBaseline::kLeaveOneOut;
  const auto gradient =
      pairs ? gradient_of_pairs(options, deviation, band_cost, episode)
            : gradient_of_draws(options, advantages_of(method, deviation, baseline, episode),
                                band_cost, episode);
  std::vector<float> dz(text.num_words(), 0.0F);
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    dz[episode.band.words[i]] = static_cast<float>(-gradient[i]);
  }
  // The same scale as the gradient's: a text's square root of words.
  const auto words = static_cast<double>(text.num_words());
  const RatePolicy policy =
      rate_policy(episode.z, text.cost, episode.word_rate, method.temperature);
  double divergence = 0;
  if (!episode.reference_z.empty()) {
    const RatePolicy reference =
        rate_policy(episode.reference_z, text.cost, episode.word_rate, method.temperature);
    divergence =
        kl_divergence(policy, reference, text.cost, method.temperature, kl / std::sqrt(words), dz);
  }
  const double randomness =
      entropy(policy, text.cost, method.temperature, -method.entropy / std::sqrt(words), dz);
  for (std::size_t word = 0; word < episode.slope.size(); ++word) dz[word] *= episode.slope[word];
  episode.dpieces = word_logits_backward(text.segment, dz);

  const std::vector<double> rewards = rewards_of(episode);
  const double sum = std::accumulate(rewards.begin(), rewards.end(), 0.0);
  double squares = 0;
  for (const double reward : rewards) {
    const double off = reward - sum / static_cast<double>(rewards.size());
    squares += off * off;
  }
  counts.num_texts += static_cast<double>(rewards.size());
  counts.reward += sum;
  counts.num_records += 1;
  if (!rewards.empty()) counts.spread += std::sqrt(squares / static_cast<double>(rewards.size()));
  counts.num_words += words;
  counts.kl += divergence;
  counts.entropy += randomness;
  for (const DrawnText& drawn : episode.drawn) {
    counts.kept_tokens += drawn.kept.tokens;
    counts.wanted_tokens += episode.wanted_tokens;
    counts.origin_tokens += text.segment.origin_tokens;
  }
  episode.loss = (rewards.empty() ? 0.0 : -sum / static_cast<double>(rewards.size())) +
                 (kl * divergence - method.entropy * randomness) / words;
}

}  // namespace pith
