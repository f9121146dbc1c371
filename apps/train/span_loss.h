// What a reading of a text should have answered, and how far it was from that.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "apps/reader/span_scores.h"
#include "apps/train/reader_records.h"

namespace pith {

/// Which answers are right: any of them.
struct SpanTargets {
  std::vector<SpanCandidate> spans;  ///< Ascending; scores mean nothing.
  std::optional<NoSpan> no_span;

  bool wants(const SpanCandidate& span) const;
  bool empty() const { return spans.empty() && !no_span; }
};

/// For `text`, cut into `words`: it may have lost the answers, and then the question is not
/// answerable. Empty when an answer stands there but consists of marks.
SpanTargets span_targets(const ReaderRecord& record, std::string_view text,
                         const std::vector<SpanWord>& words);

/// dL/d(scores of a SpanReading).
struct SpanGradient {
  std::vector<double> begin, end;       ///< [num_words]
  std::vector<double> length, no_span;  ///< [kSpanWordsMax], [kNumNoSpans]
  std::vector<double> span;             ///< [kept.size()]: of what score_spans added.
};

/// -log P(a right answer) under the softmax over `all` and the NoSpans, and the same over `kept`:
/// the loss L is their sum. Overwrites `gradient`. Targets that are spans must be among both.
struct SpanLoss {
  double edges = 0, spans = 0;
};
SpanLoss span_loss(const SpanReading& reading, const SpanTargets& targets, SpanGradient& gradient);

}  // namespace pith
