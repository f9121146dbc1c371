#include "apps/reader/span_reader.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "apps/reader/span_scores.h"

namespace pith {
namespace {

std::string_view word_of(NoSpan answer) {
  switch (answer) {
    case NoSpan::kYes:
      return "yes";
    case NoSpan::kNo:
      return "no";
    case NoSpan::kMaybe:
      return "maybe";
    case NoSpan::kUnanswerable:
      break;
  }
  return "unanswerable";
}

std::string answer_of(const SpanReading& reading, const SpanDecision& decision,
                      std::string_view text) {
  if (!decision.is_span) return std::string(word_of(decision.no_span));
  const std::uint32_t begin = reading.text.words[decision.span.first].begin;
  const std::uint32_t end = reading.text.words[decision.span.last].end;
  return std::string(text.substr(begin, end - begin));
}

}  // namespace

Result<SpanQuery> parse_question_prompt(std::string_view prompt) {
  static constexpr std::string_view kContext = "\n\nContext:\n";
  static constexpr std::string_view kQuestion = "\n\nQuestion: ";
  static constexpr std::string_view kAnswer = "\nAnswer:";
  const std::size_t question = prompt.rfind(kQuestion);
  if (!prompt.ends_with(kAnswer) || question == std::string_view::npos ||
      question + kQuestion.size() > prompt.size() - kAnswer.size()) {
    // The reader can do nothing with this prompt, but with others.
    return Error{ErrorCode::kPromptTooLong, "the span reader answers questions about a text only"};
  }
  SpanQuery query;
  query.question = prompt.substr(question + kQuestion.size());
  query.question.remove_suffix(kAnswer.size());
  const std::size_t context = prompt.find(kContext);
  if (context < question) {
    const std::size_t begin = context + kContext.size();
    // An empty text leaves no line between the headings' own.
    if (begin <= question) query.text = prompt.substr(begin, question - begin);
  }
  return query;
}

Result<std::unique_ptr<SpanReader>> SpanReader::open(const std::string& folder) {
  auto model = read_span_model(folder);
  if (!model) return model.error();
  return std::make_unique<SpanReader>(*std::move(model));
}

Result<ReaderAnswer> SpanReader::answer(const std::string& prompt) {
  const auto begin = std::chrono::steady_clock::now();
  const auto query = parse_question_prompt(prompt);
  if (!query) return query.error();
  ReaderAnswer answer;
  answer.text = std::move(answers({&*query, 1}).front());
  answer.latency_us = std::chrono::duration_cast<std::chrono::microseconds>(
                          std::chrono::steady_clock::now() - begin)
                          .count();
  return answer;
}

void SpanReader::read(const SpanQuery& query, SpanReading& reading) const {
  reading.question = span_question(query.question, model_.rarity);
  reading.text = match_text(span_words(query.text), reading.question);
  score_edges(model_.weights, {}, reading);
  list_spans(reading);
  score_spans(model_.weights, {}, {}, reading);
}

Result<std::vector<LikelyAnswer>> SpanReader::likely_answers(const std::string& prompt) {
  constexpr std::size_t kMost = 16;
  const auto query = parse_question_prompt(prompt);
  if (!query) return query.error();
  SpanReading reading;
  read(*query, reading);
  std::vector<std::pair<float, SpanDecision>> choices;
  for (const SpanCandidate& span : reading.kept) {
    choices.push_back({span.score, {true, span, NoSpan::kUnanswerable}});
  }
  for (std::size_t i = 0; i < reading.no_span_score.size(); ++i) {
    const auto no_span = static_cast<NoSpan>(i);
    const float bias = no_span == NoSpan::kUnanswerable ? model_.unanswerable_bias : 0.0F;
    choices.push_back({reading.no_span_score[i] + bias, {false, {}, no_span}});
  }
  std::stable_sort(choices.begin(), choices.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (choices.size() > kMost) choices.resize(kMost);
  double sum = 0;
  std::vector<LikelyAnswer> answers;
  for (const auto& [score, choice] : choices) {
    const double chance = std::exp(static_cast<double>(score - choices.front().first));
    answers.push_back({answer_of(reading, choice, query->text), chance});
    sum += chance;
  }
  for (LikelyAnswer& answer : answers) answer.chance /= sum;
  return answers;
}

std::vector<std::string> SpanReader::answers(std::span<const SpanQuery> queries) const {
  std::vector<std::string> answers;
  SpanReading reading;
  for (const SpanQuery& query : queries) {
    read(query, reading);
    answers.push_back(answer_of(reading, decide(reading, model_.unanswerable_bias), query.text));
  }
  return answers;
}

}  // namespace pith
