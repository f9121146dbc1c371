#include "stages/llmlingua2/selection.h"

#include <numeric>

#include "stages/llmlingua2/percentile.h"

namespace pith {
namespace {

Error rate_too_small() {
  return {ErrorCode::kInvalidArgument, "rate must be above 0: nothing would be left"};
}

/// 0 for force tokens that follow one another, with nothing between them that will probably stay.
void drop_repeats(const std::vector<std::string>& words, double threshold, const ForceTokens& force,
                  std::vector<double>& probs) {
  const std::string* before = nullptr;
  bool between = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!force.contains(words[i])) {
      between = between || probs[i] > threshold;
      continue;
    }
    if (!between && before != nullptr && *before == words[i]) probs[i] = 0;
    between = false;
    before = &words[i];
  }
}

}  // namespace

Result<Selection> select_words(const ScoredWords& scored, const SelectionRules& rules,
                               const ForceTokens& force, const WordWeight& weight) {
  Selection out;
  const auto q = whole_percentile(100 * rules.reduce_rate + 1);
  if (!q) return rate_too_small();
  std::vector<double> probs = scored.probs;
  if (rules.drop_consecutive && scored.size() > 0) {
    const auto drop_q = whole_percentile(100 * rules.reduce_rate);
    if (!drop_q) return rate_too_small();
    const double value = percentile(probs, {}, *drop_q);
    out.drop_threshold = Threshold{*drop_q, value, scored.size()};
    drop_repeats(scored.words, value, force, probs);
  }
  std::vector<std::uint32_t> weights;
  weights.reserve(scored.size());
  for (const std::string& word : scored.words) weights.push_back(weight(word));
  const auto count = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  out.kept.resize(scored.size(), false);
  if (count == 0) return out;
  const double threshold = percentile(probs, weights, *q);
  out.threshold = Threshold{*q, threshold, count};
  const std::string* last_kept = nullptr;
  for (std::size_t i = 0; i < scored.size(); ++i) {
    const double prob = probs[i];
    if (!(prob > threshold || (threshold == 1.0 && prob == threshold))) continue;
    const std::string& word = scored.words[i];
    if (rules.drop_consecutive && force.contains(word) && last_kept && *last_kept == word) continue;
    out.kept[i] = true;
    last_kept = &word;
  }
  return out;
}

}  // namespace pith
