// From scored pieces to the words that are kept or dropped.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "messages/result.h"
#include "stages/llmlingua2/force_tokens.h"
#include "stages/llmlingua2/piece_style.h"
#include "stages/llmlingua2/special_tokens.h"

namespace pith {

/// A word's probability from its pieces'.
enum class WordMeasure : std::uint8_t { kMean, kFirst };

struct WordRules {
  PieceStyle style;
  SpecialTokens specials;  ///< Pieces that are no part of any word.
  ForceTokens force;
  bool force_digits = false;
  WordMeasure measure = WordMeasure::kMean;
};

struct ScoredWords {
  std::vector<std::string> words;  ///< With U+2581; [NEWi] are what they stand for.
  std::vector<double> probs;       ///< Forced pieces count as 1.
  std::vector<double> unforced;    ///< The same of each word's first piece alone, not forced.

  std::size_t size() const { return words.size(); }
};

/// `pieces` and `probs` are of one chunk, one beside the other. A piece that continues a word,
/// where there is none before it, begins one.
ScoredWords words_of(std::span<const std::string> pieces, std::span<const float> probs,
                     const WordRules& rules);

/// The word as the label string has it.
std::string_view label_word(std::string_view word, const PieceStyle& style);

}  // namespace pith
