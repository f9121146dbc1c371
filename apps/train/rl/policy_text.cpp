#include "apps/train/rl/policy_text.h"

#include <algorithm>

#include "stages/select/budget.h"

namespace pith {
namespace {

KeptText kept_of(const PolicyText& text, const Choice& choice, const TokenCounter& reader) {
  KeptText kept;
  kept.text = apply_spans(text.text, choice.kept);
  kept.tokens = reader.count(kept.text);
  kept.words.resize(text.num_words(), 0);
  std::size_t span = 0;
  for (std::size_t i = 0; i < kept.words.size(); ++i) {
    const std::uint32_t begin = text.segment.words[i].begin;
    while (span < choice.kept.size() && choice.kept[span].end <= begin) ++span;
    kept.words[i] = span < choice.kept.size() && choice.kept[span].begin <= begin ? 1 : 0;
  }
  return kept;
}

}  // namespace

std::vector<float> value_scores(const PolicyText& text, std::vector<float> z) {
  for (std::size_t word = 0; word < z.size(); ++word) {
    z[word] = worth_of(z[word]) - price_of(text.cost[word]);
  }
  return z;
}

KeptText kept_within(const PolicyText& text, std::span<const float> order, std::uint32_t tokens,
                     const TokenCounter& reader) {
  const std::vector<float> keep_prob(order.begin(), order.end());
  Budget budget(text.text, text.segment, keep_prob, std::vector<bool>(text.num_words(), true), {},
                reader);
  return kept_of(text, budget.within(tokens), reader);
}

KeptText kept_words(const PolicyText& text, std::span<const std::uint8_t> words,
                    const TokenCounter& reader) {
  const std::vector<float> keep_prob(words.begin(), words.end());
  Budget budget(text.text, text.segment, keep_prob, std::vector<bool>(text.num_words(), true), {},
                reader);
  return kept_of(text, budget.above(0.5F), reader);
}

std::uint32_t tokens_at(const PolicyText& text, double times) {
  return std::max(1U, static_cast<std::uint32_t>(text.segment.origin_tokens / times));
}

}  // namespace pith
