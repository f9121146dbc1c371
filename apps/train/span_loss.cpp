#include "apps/train/span_loss.h"

#include <algorithm>
#include <cmath>

namespace pith {
namespace {

NoSpan verdict_of(const ReaderRecord& record) {
  switch (parse_verdict(record.answers.front()).value_or(Verdict::kMaybe)) {
    case Verdict::kYes:
      return NoSpan::kYes;
    case Verdict::kNo:
      return NoSpan::kNo;
    case Verdict::kMaybe:
      break;
  }
  return NoSpan::kMaybe;
}

bool before(const SpanCandidate& a, const SpanCandidate& b) {
  return a.first != b.first ? a.first < b.first : a.last < b.last;
}

/// The words of an answer without the marks at its edges. nullopt: none, or, of `whole_words`, it
/// begins or ends inside a word.
std::optional<SpanCandidate> words_at(const ByteSpan& place, const std::vector<SpanWord>& words,
                                      bool whole_words) {
  auto first = std::ranges::partition_point(
      words, [&](const SpanWord& word) { return word.end <= place.begin; });
  auto end = std::partition_point(first, words.end(),
                                  [&](const SpanWord& word) { return word.begin < place.end; });
  if (first == end) return std::nullopt;
  if (whole_words && (first->begin < place.begin || (end - 1)->end > place.end)) {
    return std::nullopt;
  }
  while (first != end && !first->may_begin) ++first;
  while (first != end && !(end - 1)->may_end) --end;
  if (first == end) return std::nullopt;
  return SpanCandidate{static_cast<std::uint32_t>(first - words.begin()),
                       static_cast<std::uint32_t>(end - words.begin()) - 1};
}

/// The softmax over `spans` and the NoSpans. Overwrites by_span, adds to by_no_span.
double softmax_loss(const SpanReading& reading, const std::vector<SpanCandidate>& spans,
                    const SpanTargets& targets, std::vector<double>& by_span,
                    std::vector<double>& by_no_span) {
  // Nothing is below it: log(0) would be no loss to learn from.
  constexpr double kLeast = 1e-300;
  const auto& no_span = reading.no_span_score;
  float largest = *std::ranges::max_element(no_span);
  for (const SpanCandidate& span : spans) largest = std::max(largest, span.score);
  const auto mass_of = [largest](float score) {
    return std::exp(static_cast<double>(score) - largest);
  };
  const auto wants = [&](std::size_t answer) {
    return targets.no_span && answer == static_cast<std::size_t>(*targets.no_span);
  };
  double all = 0;
  double wanted = 0;
  by_span.resize(spans.size());
  std::vector<bool> is_wanted(spans.size());
  for (std::size_t i = 0; i < spans.size(); ++i) {
    by_span[i] = mass_of(spans[i].score);
    is_wanted[i] = targets.wants(spans[i]);
    all += by_span[i];
    if (is_wanted[i]) wanted += by_span[i];
  }
  for (std::size_t i = 0; i < kNumNoSpans; ++i) {
    all += mass_of(no_span[i]);
    if (wants(i)) wanted += mass_of(no_span[i]);
  }
  wanted = std::max(wanted, kLeast);
  for (std::size_t i = 0; i < spans.size(); ++i) {
    by_span[i] = by_span[i] / all - (is_wanted[i] ? by_span[i] / wanted : 0.0);
  }
  for (std::size_t i = 0; i < kNumNoSpans; ++i) {
    by_no_span[i] += mass_of(no_span[i]) / all - (wants(i) ? mass_of(no_span[i]) / wanted : 0.0);
  }
  return -std::log(wanted / all);
}

/// A span's score holds those of its edges and its length.
void add_to_edges(const std::vector<SpanCandidate>& spans, const std::vector<double>& by_span,
                  SpanGradient& gradient) {
  for (std::size_t i = 0; i < spans.size(); ++i) {
    gradient.begin[spans[i].first] += by_span[i];
    gradient.end[spans[i].last] += by_span[i];
    gradient.length[spans[i].last - spans[i].first] += by_span[i];
  }
}

}  // namespace

bool SpanTargets::wants(const SpanCandidate& span) const {
  return std::ranges::binary_search(spans, span, before);
}

SpanTargets span_targets(const ReaderRecord& record, std::string_view text,
                         const std::vector<SpanWord>& words) {
  SpanTargets targets;
  if (record.kind == QuestionKind::kYesNo) {
    targets.no_span = verdict_of(record);
    return targets;
  }
  const std::vector<ByteSpan> places = answer_places(text, record.answers);
  if (places.empty()) {
    targets.no_span = NoSpan::kUnanswerable;
    return targets;
  }
  // Scripts without blanks: where words are cut, answers may not be.
  for (const bool whole_words : {true, false}) {
    for (const ByteSpan& place : places) {
      if (const auto span = words_at(place, words, whole_words)) targets.spans.push_back(*span);
    }
    if (!targets.spans.empty()) break;
  }
  std::ranges::sort(targets.spans, before);
  return targets;
}

SpanLoss span_loss(const SpanReading& reading, const SpanTargets& targets, SpanGradient& gradient) {
  const std::size_t num_words = reading.text.words.size();
  gradient.begin.assign(num_words, 0.0);
  gradient.end.assign(num_words, 0.0);
  gradient.length.assign(kSpanWordsMax, 0.0);
  gradient.no_span.assign(kNumNoSpans, 0.0);
  SpanLoss loss;
  loss.edges = softmax_loss(reading, reading.all, targets, gradient.span, gradient.no_span);
  add_to_edges(reading.all, gradient.span, gradient);
  loss.spans = softmax_loss(reading, reading.kept, targets, gradient.span, gradient.no_span);
  add_to_edges(reading.kept, gradient.span, gradient);
  return loss;
}

}  // namespace pith
