// What the span reader looks at: named facts about a place, a span, a question, each a number under
// a hash. Training and serving call the same functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "apps/reader/span_match.h"

namespace pith {

struct SpanFeature {
  std::uint32_t hash = 0;  ///< Its weight's place, but for the table's size.
  float value = 1.0F;
};
/// Changes whenever weights that were trained before would mean something else.
inline constexpr float kSpanFeatureSet = 2;
using SpanFeatures = std::vector<SpanFeature>;

enum class Edge : std::uint8_t { kBegin, kEnd };

/// Answers that are no span. The order is that of the scores.
enum class NoSpan : std::uint8_t { kYes, kNo, kMaybe, kUnanswerable };
inline constexpr std::size_t kNumNoSpans = 4;

/// All append. An answer begins or ends at `word`.
void add_edge_features(const SpanQuestion& question, const MatchedText& text, std::size_t word,
                       Edge edge, SpanFeatures& features);
/// An answer has `num_words` words.
void add_length_features(const SpanQuestion& question, std::size_t num_words,
                         SpanFeatures& features);
/// The answer is [first, last], within a sentence.
void add_span_features(const SpanQuestion& question, const MatchedText& text, std::size_t first,
                       std::size_t last, SpanFeatures& features);
void add_no_span_features(const SpanQuestion& question, const MatchedText& text, NoSpan answer,
                          SpanFeatures& features);

}  // namespace pith
