// A text as a policy in training reads it, and as a budget pays for it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stages/score/encoder_chunks.h"
#include "stages/tokenize/tokenized_prompt.h"

namespace pith {

struct PolicyText {
  std::string text;
  std::string query;                 ///< What the policy is told; empty: nothing.
  TokenizedSegment segment;          ///< All of it prose; segment.origin_tokens is counted.
  std::vector<float> cost;           ///< [num_words]: reader tokens that end in the word.
  std::vector<EncoderChunk> chunks;  ///< Of an encoder.
  /// Of the linear policy: the weights of word i are parameters[parameters_end[i - 1]...
  /// parameters_end[i] - 1].
  std::vector<std::uint32_t> parameters, parameters_end;

  std::vector<float> offsets;  ///< [num_words]: z of an encoder's words.linear; empty: none.

  std::size_t num_words() const { return segment.words.size(); }
};

/// What is kept of a text.
struct KeptText {
  std::vector<std::uint8_t> words;  ///< [num_words]: 1 = stays.
  std::string text;
  std::uint32_t tokens = 0;
};

/// What each word is worth less its price (stages/select/word_value.h): what selection goes by.
std::vector<float> value_scores(const PolicyText& text, std::vector<float> z);

/// As `pith eval` and, but for what is protected, as `pith serve` does: the words that come first
/// by `order` (value_scores), at most `tokens` tokens of text, at least one word.
KeptText kept_within(const PolicyText& text, std::span<const float> order, std::uint32_t tokens,
                     const TokenCounter& reader);

/// The words marked 1; list markers follow their lines, and one word stays at least.
KeptText kept_words(const PolicyText& text, std::span<const std::uint8_t> words,
                    const TokenCounter& reader);

/// Tokens that the text may have at a rate.
std::uint32_t tokens_at(const PolicyText& text, double times);

}  // namespace pith
