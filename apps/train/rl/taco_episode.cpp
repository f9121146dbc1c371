#include <algorithm>
#include <cmath>

#include "apps/train/rl/episode.h"

namespace pith {
namespace {

constexpr double kToleranceLeast = 2.0;  ///< Tokens: one word more or less is no miss.

/// H of sigmoid(logit), in nats.
double bernoulli_entropy(double logit) {
  const double size = std::abs(logit);
  const double rest = std::exp(-size);
  return std::log1p(rest) + size * rest / (1.0 + rest);
}

}  // namespace

void draw_taco(const TacoMethod& method, const TokenCounter& reader, std::uint64_t seed,
               Episode& episode) {
  const PolicyText& text = episode.text;
  if (text.segment.pieces.empty()) return;
  episode.actions = sample_actions(episode.piece_logits, seed);
  const auto words =
      words_of_actions(episode.actions, text.segment.word_of_piece, text.num_words());
  DrawnText drawn;
  drawn.kept = kept_words(text, words, reader);
  const double origin = text.segment.origin_tokens;
  LengthGate gate;
  gate.rate = method.rate;
  gate.tolerance = std::max(kToleranceLeast, std::round(method.tolerance * origin));
  gate.penalty = method.penalty;
  switch (gate.judge(origin, drawn.kept.tokens)) {
    case LengthGate::Verdict::kInside:
      break;
    case LengthGate::Verdict::kOutside:
      drawn.asked = false;
      drawn.reward = gate.penalty;
      break;
    case LengthGate::Verdict::kEmpty:
      drawn.asked = false;
      drawn.reward = gate.empty_penalty;
      break;
  }
  episode.drawn.push_back(std::move(drawn));
}

void learn_taco(const TacoMethod& method, Episode& episode, EpisodeCounts& counts) {
  episode.dpieces.assign(episode.piece_logits.size(), 0.0F);
  if (episode.drawn.empty()) return;
  const DrawnText& drawn = episode.drawn.front();
  if (!drawn.reward) return;
  episode.loss = taco_loss(episode.piece_logits, episode.actions, *drawn.reward, method.entropy,
                           episode.dpieces);
  counts.num_texts += 1;
  counts.reward += *drawn.reward;
  counts.num_inside += drawn.asked ? 1 : 0;
  counts.kept_tokens += drawn.kept.tokens;
  counts.wanted_tokens += method.rate * episode.text.segment.origin_tokens;
  counts.origin_tokens += episode.text.segment.origin_tokens;
  counts.num_words += static_cast<double>(episode.piece_logits.size());
  for (const float logit : episode.piece_logits) counts.entropy += bernoulli_entropy(logit);
}

}  // namespace pith
