#include "apps/reader/span_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "stages/network/counter_random.h"

namespace pith {
namespace {

constexpr float kNever = -1e9F;

void score_edge(SpanWeights weights, FeatureDropout dropout, Edge edge, SpanReading& reading) {
  FeatureRows& rows = edge == Edge::kBegin ? reading.begin : reading.end;
  std::vector<float>& scores = edge == Edge::kBegin ? reading.begin_score : reading.end_score;
  const std::size_t num_words = reading.text.words.size();
  rows.clear();
  scores.assign(num_words, kNever);
  for (std::size_t i = 0; i < num_words; ++i) {
    const SpanWord& word = reading.text.words[i];
    const bool may = edge == Edge::kBegin ? word.may_begin : word.may_end;
    if (may) add_edge_features(reading.question, reading.text, i, edge, rows.open());
    end_row(rows, dropout);
    if (may) scores[i] = score_of(weights, rows[i]);
  }
}

/// Twice the words in common over the words of both.
double overlap(const SpanCandidate& a, const SpanCandidate& b) {
  const std::uint32_t first = std::max(a.first, b.first);
  const std::uint32_t last = std::min(a.last, b.last);
  if (last < first) return 0;
  return 2.0 * (last - first + 1) / (a.last - a.first + 1 + b.last - b.first + 1);
}

SpanCandidate best_expected(const std::vector<SpanCandidate>& spans, float largest) {
  constexpr double kNegligible = 1e-3;
  std::vector<std::pair<double, const SpanCandidate*>> likely;
  for (const SpanCandidate& span : spans) {
    const double share = std::exp(static_cast<double>(span.score) - largest);
    if (share >= kNegligible) likely.emplace_back(share, &span);
  }
  double most = -1;
  SpanCandidate best;
  for (const SpanCandidate& span : spans) {
    double expected = 0;
    for (const auto& [share, other] : likely) expected += share * overlap(span, *other);
    if (expected > most) {
      most = expected;
      best = span;
    }
  }
  return best;
}

}  // namespace

void end_row(FeatureRows& rows, FeatureDropout dropout) {
  if (dropout.rate > 0) {
    SpanFeatures& features = rows.open();
    const auto begin = features.begin() + static_cast<std::ptrdiff_t>(rows.row_begin());
    const float more = 1.0F / (1.0F - dropout.rate);
    const auto kept = std::remove_if(begin, features.end(), [&](const SpanFeature& feature) {
      return uniform_number(dropout.seed, feature.hash) < static_cast<double>(dropout.rate);
    });
    features.erase(kept, features.end());
    std::for_each(begin, features.end(), [more](SpanFeature& feature) { feature.value *= more; });
  }
  rows.end_row();
}

float score_of(SpanWeights weights, std::span<const SpanFeature> features) {
  const std::size_t mask = weights.size() - 1;
  float sum = 0;
  for (const SpanFeature& feature : features) sum += weights[feature.hash & mask] * feature.value;
  return sum;
}

void score_edges(SpanWeights weights, FeatureDropout dropout, SpanReading& reading) {
  score_edge(weights, dropout, Edge::kBegin, reading);
  score_edge(weights, dropout, Edge::kEnd, reading);
  reading.length.clear();
  for (std::size_t i = 0; i < kSpanWordsMax; ++i) {
    add_length_features(reading.question, i + 1, reading.length.open());
    end_row(reading.length, {});
    reading.length_score[i] = score_of(weights, reading.length[i]);
  }
  reading.no_span.clear();
  for (std::size_t i = 0; i < kNumNoSpans; ++i) {
    add_no_span_features(reading.question, reading.text, static_cast<NoSpan>(i),
                         reading.no_span.open());
    end_row(reading.no_span, dropout);
    reading.no_span_score[i] = score_of(weights, reading.no_span[i]);
  }
}

void list_spans(SpanReading& reading) {
  reading.all.clear();
  const std::vector<SpanWord>& words = reading.text.words;
  for (std::size_t first = 0; first < words.size(); ++first) {
    if (!words[first].may_begin) continue;
    const std::size_t end = std::min(words.size(), first + kSpanWordsMax);
    for (std::size_t last = first; last < end; ++last) {
      if (words[last].sentence != words[first].sentence) break;
      if (!words[last].may_end) continue;
      reading.all.push_back({static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last),
                             reading.begin_score[first] + reading.end_score[last] +
                                 reading.length_score[last - first]});
    }
  }
}

void score_spans(SpanWeights weights, FeatureDropout dropout,
                 const std::function<bool(const SpanCandidate&)>& always, SpanReading& reading) {
  const std::vector<SpanCandidate>& all = reading.all;
  std::vector<std::uint32_t> order(all.size());
  std::iota(order.begin(), order.end(), 0U);
  const std::size_t count = std::min(kSpansKept, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [&](std::uint32_t a, std::uint32_t b) {
                      return all[a].score != all[b].score ? all[a].score > all[b].score : a < b;
                    });
  order.resize(count);
  if (always) {
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      if (always(all[i])) order.push_back(i);
    }
  }
  std::ranges::sort(order);
  order.erase(std::unique(order.begin(), order.end()), order.end());
  reading.kept.clear();
  reading.span.clear();
  for (const std::uint32_t i : order) {
    SpanCandidate span = all[i];
    add_span_features(reading.question, reading.text, span.first, span.last, reading.span.open());
    end_row(reading.span, dropout);
    span.score += score_of(weights, reading.span[reading.span.size() - 1]);
    reading.kept.push_back(span);
  }
}

SpanDecision decide(const SpanReading& reading, float unanswerable_bias) {
  const auto of = [&](NoSpan answer) {
    return static_cast<double>(reading.no_span_score[static_cast<std::size_t>(answer)]);
  };
  double all_spans = -std::numeric_limits<double>::infinity();
  float largest = kNever;
  for (const SpanCandidate& span : reading.kept) largest = std::max(largest, span.score);
  if (!reading.kept.empty()) {
    double sum = 0;
    for (const SpanCandidate& span : reading.kept) {
      sum += std::exp(static_cast<double>(span.score) - largest);
    }
    all_spans = largest + std::log(sum);
  }
  NoSpan verdict = NoSpan::kYes;
  for (const NoSpan other : {NoSpan::kNo, NoSpan::kMaybe}) {
    if (of(other) > of(verdict)) verdict = other;
  }
  SpanDecision decision;
  if (of(verdict) > all_spans && !reading.question.words.empty()) {
    const bool refused = reading.kept.empty() && of(NoSpan::kUnanswerable) > of(verdict);
    decision.no_span = refused ? NoSpan::kUnanswerable : verdict;
    return decision;
  }
  if (reading.kept.empty() || of(NoSpan::kUnanswerable) + unanswerable_bias > all_spans) {
    return decision;
  }
  decision.is_span = true;
  decision.span = best_expected(reading.kept, largest);
  return decision;
}

}  // namespace pith
