// What the extractive reader looks at: a transcript under a request, and named facts about each of
// its words. Training and serving call the same functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "apps/reader/span_features.h"
#include "apps/reader/span_match.h"
#include "apps/reader/summary_query.h"

namespace pith {

/// Changes whenever weights that were trained before would mean something else.
inline constexpr float kExtractFeatureSet = 1;

/// What is known of a word beside what MatchedText says.
struct ExtractWord {
  std::uint8_t cost = 0;      ///< Words that ROUGE counts in it: 0 for marks.
  bool label = false;         ///< Of the name before a line's colon.
  std::uint32_t line = 0;     ///< 0, 1, 2...
  std::uint32_t in_line = 0;  ///< Place among the line's words.
  std::uint32_t in_sentence = 0;
  std::uint32_t sentence_words = 0;
  std::uint32_t times = 0;      ///< In the text, by stem.
  bool first = false;           ///< Its stem was not there before.
  std::int32_t past_match = 0;  ///< Words since the last one that the request has, too; at most 99.
  std::int32_t to_match = 0;    ///< Words to the next one.
};

struct ExtractText {
  SpanQuestion request;
  std::uint64_t request_hash = 0;  ///< Of all its words.
  MatchedText text;
  std::vector<ExtractWord> words;  ///< [text.words.size()]
  std::vector<std::uint64_t>
      speaker;  ///< [lines]: hash of the last word before the colon; 0: none.
  std::uint32_t num_lines = 0, num_sentences = 0, total_cost = 0;
};

ExtractText extract_text(const SummaryQuery& query, const WordRarity& rarity);

/// All append. The summary has word `word` of the text.
void add_word_features(const ExtractText& text, const WordRarity& rarity, std::size_t word,
                       SpanFeatures& features);
/// The summary has a word once more that it has `times` times.
void add_again_features(const SpanWord& word, std::size_t times, SpanFeatures& features);
/// The logarithm of how many words the summary has.
void add_summary_length_features(const ExtractText& text, SpanFeatures& features);

}  // namespace pith
