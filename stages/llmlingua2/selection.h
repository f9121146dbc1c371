// Which words of a chunk stay.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "messages/result.h"
#include "stages/llmlingua2/force_tokens.h"
#include "stages/llmlingua2/words.h"

namespace pith {

struct SelectionRules {
  double reduce_rate = 0.5;  ///< Share of the weight that goes.
  bool drop_consecutive = false;
};

/// A percentile of a chunk's probabilities.
struct Threshold {
  int q = 0;
  double value = 0;
  std::uint64_t count = 0;  ///< Of values, each as often as it counts.
};

struct Selection {
  std::vector<bool> kept;                   ///< A word.
  std::optional<Threshold> threshold;       ///< None where nothing has weight: nothing is kept.
  std::optional<Threshold> drop_threshold;  ///< Of drop_consecutive.
};

/// Tokens of a word in the reader's tokenizer.
using WordWeight = std::function<std::uint32_t(std::string_view word)>;

/// Errors: kInvalidArgument: the rate is not above 0.
Result<Selection> select_words(const ScoredWords& scored, const SelectionRules& rules,
                               const ForceTokens& force, const WordWeight& weight);

}  // namespace pith
