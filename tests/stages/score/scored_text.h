// A text as the score stage meets it, all of it prose.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
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

/// Of three texts one is given up, one is late; the third has its answer.
inline void expect_items_stop_alone(const KeepPolicy& policy) {
  const std::atomic<bool> gone = true;
  ScoredTexts batch({"one two", "three four", "one two"}, policy.tokenizer());
  batch.items[0].limits.cancelled = &gone;
  batch.items[1].limits.deadline = std::chrono::steady_clock::time_point::min();
  const auto scored = policy.score(batch.items, {});
  ASSERT_TRUE(scored) << scored.error().detail;
  for (const std::size_t i : {0U, 1U}) {
    EXPECT_TRUE(batch.items[i].stopped) << i;
    EXPECT_TRUE(batch.items[i].keep_prob.empty()) << i;
  }
  EXPECT_FALSE(batch.items[2].stopped);
  EXPECT_EQ(batch.items[2].keep_prob.size(), 2U);
  EXPECT_EQ(policy.score(batch.items, {.cancelled = &gone}).error().code, ErrorCode::kCancelled);
}

}  // namespace pith
