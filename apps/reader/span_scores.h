// Scores of the spans of a text: a log-linear model over hashed features, in two rounds.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "apps/reader/span_features.h"

namespace pith {

/// Words of the longest answer.
inline constexpr std::size_t kSpanWordsMax = 20;
/// Spans that the second round looks at.
inline constexpr std::size_t kSpansKept = 80;

/// Rows of features in one array.
class FeatureRows {
 public:
  void clear() {
    features_.clear();
    ends_.clear();
  }
  /// What is appended to it belongs to the next row, which end_row() closes.
  SpanFeatures& open() { return features_; }
  void end_row() { ends_.push_back(features_.size()); }
  std::size_t row_begin() const { return ends_.empty() ? 0 : ends_.back(); }
  std::size_t size() const { return ends_.size(); }
  std::span<const SpanFeature> operator[](std::size_t row) const {
    const std::size_t begin = row == 0 ? 0 : ends_[row - 1];
    return {features_.data() + begin, ends_[row] - begin};
  }

 private:
  SpanFeatures features_;
  std::vector<std::size_t> ends_;
};

/// In training a share of the features is left out, the others weigh more.
struct FeatureDropout {
  float rate = 0;
  std::uint64_t seed = 0;
};

struct SpanCandidate {
  std::uint32_t first = 0, last = 0;  ///< Words.
  float score = 0;
};

/// Weights, a power of two of them; a feature's is at its hash modulo their number.
using SpanWeights = std::span<const float>;

/// Ends the open row, with dropout.
void end_row(FeatureRows& rows, FeatureDropout dropout);
float score_of(SpanWeights weights, std::span<const SpanFeature> features);

/// Question and text on their way to an answer; reused from text to text.
struct SpanReading {
  SpanQuestion question;
  MatchedText text;
  FeatureRows begin, end;       ///< [num_words]; empty rows where no answer may begin, end.
  FeatureRows length, no_span;  ///< [kSpanWordsMax], [kNumNoSpans]
  FeatureRows span;             ///< [kept.size()]
  std::vector<float> begin_score, end_score;  ///< [num_words]
  std::array<float, kSpanWordsMax> length_score = {};
  std::array<float, kNumNoSpans> no_span_score = {};
  std::vector<SpanCandidate> all;   ///< Every span within a sentence, scored by its edges.
  std::vector<SpanCandidate> kept;  ///< The best of them, scored as a whole, too.
};

/// Question and text are there: fills the features and scores of edges, lengths and NoSpans.
void score_edges(SpanWeights weights, FeatureDropout dropout, SpanReading& reading);
/// From the scores of edges and lengths, to which others may have been added: fills `all`.
void list_spans(SpanReading& reading);
/// Fills `kept` and `span`: the kSpansKept best of `all`, and those that `always` names.
void score_spans(SpanWeights weights, FeatureDropout dropout,
                 const std::function<bool(const SpanCandidate&)>& always, SpanReading& reading);

struct SpanDecision {
  bool is_span = false;
  SpanCandidate span;                      ///< When it is one.
  NoSpan no_span = NoSpan::kUnanswerable;  ///< Else.
};

/// The answer with the largest expected F1 (words in common) under the scores' softmax; yes, no,
/// maybe and, with `unanswerable_bias` added to its score, unanswerable when they beat all spans
/// together.
SpanDecision decide(const SpanReading& reading, float unanswerable_bias);

}  // namespace pith
