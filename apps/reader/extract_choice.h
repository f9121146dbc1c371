// Which words of a text make the best summary, when it is known how likely each is wanted.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "messages/byte_span.h"

namespace pith {

/// A word of the text on offer.
struct WordOnOffer {
  std::uint64_t spelling = 0;  ///< Words that are the same have the same.
  std::uint32_t cost = 0;      ///< Words that are counted in it; 0: a mark.
  double wanted = 0;           ///< Chance that the summary has it.
};

struct ChoiceOptions {
  /// What beginning a quotation costs, in words that it must be worth.
  double run_cost = 3.0;
};

/// Runs of words, [begin, end), in the text's order, whose words have the largest expected
/// F-measure against a summary of `summary_words` words. `again(word, times)`: the chance that a
/// summary which has this word `times` times has it once more.
std::vector<ByteSpan> best_runs(
    std::span<const WordOnOffer> words, double summary_words,
    const std::function<double(std::size_t word, std::size_t times)>& again,
    const ChoiceOptions& options);

}  // namespace pith
