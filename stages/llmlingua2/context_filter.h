// Which contexts of several stay, before any word of them is looked at.
#pragma once

#include <span>
#include <vector>

#include "messages/result.h"
#include "stages/llmlingua2/options.h"
#include "stages/llmlingua2/selection.h"

namespace pith {

/// Share of the contexts that stays, from whichever option says so.
double context_rate(const Llmlingua2Options& options, std::size_t contexts,
                    std::uint64_t origin_tokens);

struct ContextSelection {
  std::vector<bool> kept;
  Threshold threshold;
};

/// Those that score at least as much as the threshold, and those that are forced.
/// Errors: kInvalidArgument: no percentile belongs to `rate`.
Result<ContextSelection> select_contexts(std::span<const double> scores, double rate,
                                         std::span<const std::int64_t> forced);

/// min(target / tokens, 1); 1 where there are no tokens.
double target_rate(double target, std::uint64_t tokens);

}  // namespace pith
