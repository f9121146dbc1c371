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

/// What is taken off a word's worth for its tokens: kExponent * log(tokens + kSeam). With the
/// exponent 1, and the log of a chance for worth, the order would be that of chance per token, the
/// greedy answer to "as many needed words as fit"; measured (docs/linear.md), a smaller one loses
/// fewer names, which are long.
float price_of(float tokens);

/// What a word is worth whose log-odds to be kept are z: z less kSure, but of what it has above
/// kSure, where it is as likely core as not, only a part counts. Smooth and ascending.
float worth_of(float z);
/// d worth_of / dz.
float worth_slope(float z);

/// worth_of(log(p / (1 - p))) - price, [num_words]: the words with the most are kept first. NaN
/// stays NaN.
std::vector<float> value_order(std::span<const float> keep_prob, const WordTokens& tokens);

}  // namespace pith
