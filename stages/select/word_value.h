// What a word is worth under a budget: how likely it is needed, and what it costs.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "stages/tokenize/token_counter.h"
#include "stages/tokenize/tokenized_prompt.h"

namespace pith {

/// Reader tokens of a text by the word that they end in.
struct WordTokens {
  std::vector<std::uint32_t> of_word;  ///< [num_words]; 0: it shares the token of what follows.
  std::uint32_t outside = 0;           ///< End in no word; those inside lossless cuts are left out.
};

WordTokens tokens_of_words(std::string_view text, const TokenizedSegment& segment,
                           const TokenCounter& reader);

/// What is taken off a word's logit for its tokens: kExponent * log(tokens + kSeam). With the
/// exponent 1 the order would be that of odds per token, the greedy answer to "as many needed words
/// as fit"; measured (docs/linear.md), a smaller one loses fewer names, which are long.
float price_of(float tokens);

/// log(p / (1 - p)) - price, [num_words]: the words with the most are kept first. NaN stays NaN.
std::vector<float> value_order(std::span<const float> keep_prob, const WordTokens& tokens);

}  // namespace pith
