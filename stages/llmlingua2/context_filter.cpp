#include "stages/llmlingua2/context_filter.h"

#include <algorithm>

#include "stages/llmlingua2/percentile.h"

namespace pith {

double target_rate(double target, std::uint64_t tokens) {
  return tokens == 0 ? 1.0 : std::min(target / static_cast<double>(tokens), 1.0);
}

double context_rate(const Llmlingua2Options& options, std::size_t contexts,
                    std::uint64_t origin_tokens) {
  double rate = options.context_level_rate;
  double target = options.context_level_target_token;
  if (options.target_context <= 0 && rate >= 1.0 && target <= 0) {
    // Nothing was asked for: the words have the rest to do.
    const bool words_too = options.use_token_level_filter;
    if (options.target_token < 0 && options.rate < 1.0) {
      rate = words_too ? (options.rate + 1.0) / 2 : options.rate;
    }
    if (options.target_token >= 0) {
      target = words_too ? options.target_token * 2 : options.target_token;
    }
  }
  if (options.target_context >= 0) rate = target_rate(options.target_context, contexts);
  if (target >= 0) rate = target_rate(target, origin_tokens);
  return rate;
}

Result<ContextSelection> select_contexts(std::span<const double> scores, double rate,
                                         std::span<const std::int64_t> forced) {
  const auto q = whole_percentile(100 * (1 - rate));
  if (!q) {
    return Error{ErrorCode::kInvalidArgument, "the rate of the context filter must be from 0 to 1"};
  }
  ContextSelection out;
  out.threshold = {*q, percentile(scores, {}, *q), scores.size()};
  for (std::size_t i = 0; i < scores.size(); ++i) {
    out.kept.push_back(scores[i] >= out.threshold.value ||
                       std::find(forced.begin(), forced.end(), static_cast<std::int64_t>(i)) !=
                           forced.end());
  }
  return out;
}

}  // namespace pith
