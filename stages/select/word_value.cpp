#include "stages/select/word_value.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace pith {
namespace {

constexpr float kExponent = 0.85F;
/// Of shipped policies P(core) is about sigmoid(z - kSure).
constexpr float kSure = 2.5F;
/// Of what is above it.
constexpr float kPart = 0.3F;
/// A word that stays alone breaks tokens of its neighbours.
constexpr float kSeam = 0.5F;
/// A word where no token ends is not free.
constexpr float kTokensLeast = 0.25F;
/// Beyond, float probabilities cannot tell words apart.
constexpr float kProbLeast = 1e-7F;

}  // namespace

WordTokens tokens_of_words(std::string_view text, const TokenizedSegment& segment,
                           const TokenCounter& reader) {
  WordTokens out;
  out.of_word.assign(segment.words.size(), 0);
  std::size_t word = 0;
  std::size_t cut = 0;
  const auto& cuts = segment.structure.cuts;
  for (const std::uint32_t end : reader.token_ends(text)) {
    while (word < segment.words.size() && segment.words[word].end < end) ++word;
    while (cut < cuts.size() && cuts[cut].end < end) ++cut;
    if (cut < cuts.size() && cuts[cut].begin < end && cuts[cut].end >= end) continue;
    if (word < segment.words.size() && segment.words[word].begin < end) {
      ++out.of_word[word];
    } else {
      ++out.outside;
    }
  }
  return out;
}

float price_of(float tokens) {
  return kExponent * std::log(std::max(tokens, kTokensLeast) + kSeam);
}

float worth_of(float z) {
  const float above = z - kSure;
  // -log(1 + exp(-above)) without overflow.
  const float log_core = std::min(above, 0.0F) - std::log1p(std::exp(-std::abs(above)));
  return kPart * above + (1.0F - kPart) * log_core;
}

float worth_slope(float z) { return kPart + (1.0F - kPart) / (1.0F + std::exp(z - kSure)); }

std::vector<float> value_order(std::span<const float> keep_prob, const WordTokens& tokens) {
  assert(keep_prob.size() == tokens.of_word.size());
  std::vector<float> order(keep_prob.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const float p = std::clamp(keep_prob[i], kProbLeast, 1.0F - kProbLeast);
    order[i] = std::isnan(keep_prob[i]) ? keep_prob[i]
                                        : worth_of(std::log(p / (1.0F - p))) -
                                              price_of(static_cast<float>(tokens.of_word[i]));
  }
  return order;
}

}  // namespace pith
