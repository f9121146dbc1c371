#include "stages/reward/metrics/answer_score.h"

#include <algorithm>
#include <array>
#include <map>

#include "stages/reward/metrics/metric_text.h"

namespace pith {
namespace {

constexpr std::array<std::u32string_view, 3> kArticles = {U"a", U"an", U"the"};

/// Articles become a blank: words as re's \b sees them, so "the" in "the–end" goes, too.
std::u32string without_articles(std::u32string_view text) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_word_letter(text[end])) ++end;
    if (end == at) {
      out += text[at++];
      continue;
    }
    const std::u32string_view word = text.substr(at, end - at);
    if (std::ranges::find(kArticles, word) != kArticles.end()) {
      out += U' ';
    } else {
      out += word;
    }
    at = end;
  }
  return out;
}

template <class Units>
double f1_of(const Units& answer, const Units& gold) {
  if (answer.empty() || gold.empty()) return answer.empty() && gold.empty() ? 1.0 : 0.0;
  std::map<typename Units::value_type, std::size_t> left;
  for (const auto& unit : gold) ++left[unit];
  std::size_t common = 0;
  for (const auto& unit : answer) {
    const auto found = left.find(unit);
    if (found == left.end() || found->second == 0) continue;
    --found->second;
    ++common;
  }
  return 2.0 * static_cast<double>(common) / static_cast<double>(answer.size() + gold.size());
}

bool has_nothing(std::string_view text, AnswerUnit unit) {
  return unit == AnswerUnit::kWords ? normalized_answer(text).empty()
                                    : answer_characters(text).empty();
}

}  // namespace

std::string normalized_answer(std::string_view text) {
  std::u32string kept;
  for (const char32_t c : code_points(lower_case(text))) {
    if (!is_ascii_punctuation(c)) kept += c;
  }
  std::string out;
  for (const std::string& word : split_at_blanks(to_utf8(without_articles(kept)))) {
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

std::vector<std::string> answer_words(std::string_view text) {
  return split_at_blanks(normalized_answer(text));
}

std::u32string answer_characters(std::string_view text) {
  std::u32string out;
  for (const char32_t c : code_points(lower_case(compatibility_form(text)))) {
    if (!is_blank(c) && !is_punctuation(c)) out += c;
  }
  return out;
}

AnswerUnit answer_unit(std::string_view language) {
  const std::string_view main = language.substr(0, language.find_first_of("-_"));
  return main == "zh" || main == "ja" || main == "th" ? AnswerUnit::kCharacters
                                                      : AnswerUnit::kWords;
}

double exact_match(std::string_view answer, std::string_view gold, AnswerUnit unit) {
  const bool equal = unit == AnswerUnit::kWords
                         ? normalized_answer(answer) == normalized_answer(gold)
                         : answer_characters(answer) == answer_characters(gold);
  return equal ? 1.0 : 0.0;
}

double answer_f1(std::string_view answer, std::string_view gold, AnswerUnit unit) {
  return unit == AnswerUnit::kWords ? f1_of(answer_words(answer), answer_words(gold))
                                    : f1_of(answer_characters(answer), answer_characters(gold));
}

QuestionKind question_kind(std::span<const std::string> golds) {
  if (golds.empty()) return QuestionKind::kUnanswerable;
  const bool all_verdicts = std::ranges::all_of(golds, [](const std::string& gold) {
    const std::string plain = normalized_answer(gold);
    return plain == "yes" || plain == "no" || plain == "maybe";
  });
  return all_verdicts ? QuestionKind::kYesNo : QuestionKind::kSpan;
}

std::optional<Verdict> parse_verdict(std::string_view answer) {
  const std::vector<std::string> words = answer_words(answer);
  if (words.empty()) return std::nullopt;
  const std::string& first = words.front();
  if (first == "yes" || first == "true") return Verdict::kYes;
  if (first == "no" || first == "false") return Verdict::kNo;
  if (first == "maybe") return Verdict::kMaybe;
  return std::nullopt;
}

bool is_refusal(std::string_view answer) {
  const std::string plain = normalized_answer(answer);
  // Chinese and Japanese marks are not ASCII's: an answer of nothing else is empty, too.
  if (answer_characters(plain).empty()) return true;
  static constexpr std::array<std::string_view, 9> kPhrases = {
      "unanswerable",       "not answerable", "no answer",
      "cannot be answered", "not in context", "unknown",
      "cannot determine",   "none",           "nothing"};
  return std::ranges::find(kPhrases, plain) != kPhrases.end() ||
         plain.starts_with("unanswerable ") || plain == "na";
}

AnswerScore score_answer(std::string_view answer, std::span<const std::string> golds,
                         AnswerUnit unit) {
  const auto both = [](bool right) { return AnswerScore{right ? 1.0 : 0.0, right ? 1.0 : 0.0}; };
  switch (question_kind(golds)) {
    case QuestionKind::kUnanswerable:
      return both(is_refusal(answer));
    case QuestionKind::kYesNo: {
      const auto verdict = parse_verdict(answer);
      return both(verdict && std::ranges::any_of(golds, [&](const std::string& gold) {
                    return parse_verdict(gold) == verdict;
                  }));
    }
    case QuestionKind::kSpan:
      break;
  }
  AnswerScore best;
  bool any = false;
  for (const std::string& gold : golds) {
    if (has_nothing(gold, unit)) continue;
    any = true;
    best.exact_match = std::max(best.exact_match, exact_match(answer, gold, unit));
    best.f1 = std::max(best.f1, answer_f1(answer, gold, unit));
  }
  return any ? best : both(has_nothing(answer, unit));
}

}  // namespace pith
