// A text as the score stage meets it, all of it prose.
#pragma once

#include <string>
#include <vector>

#include "stages/score/keep_policy.h"
#include "stages/tokenize/word.h"
#include "stages/tokenize/word_of_piece.h"

namespace pith {

inline TokenizedSegment segment_of(std::string_view text, const Tokenizer& tokenizer) {
  TokenizedSegment segment;
  segment.words = split_words(text, {0, static_cast<std::uint32_t>(text.size())});
  if (segment.words.empty()) return segment;
  segment.pieces = tokenizer.encode(text);
  segment.word_of_piece = words_of_pieces(segment.words, segment.pieces);
  return segment;
}

/// Texts that stay where they are, and their items.
struct ScoredTexts {
  ScoredTexts(std::vector<std::string> all, const Tokenizer& tokenizer) : texts(std::move(all)) {
    for (const std::string& text : texts) segments.push_back(segment_of(text, tokenizer));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      items.push_back({.text = texts[i], .segment = &segments[i], .query = {}, .keep_prob = {}});
    }
  }
  ScoredTexts(const ScoredTexts&) = delete;

  std::vector<std::string> texts;
  std::vector<TokenizedSegment> segments;
  std::vector<ScoreItem> items;
};

}  // namespace pith
