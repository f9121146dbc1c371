// How well an answer matches the gold answers: exact match and F1 as SQuAD's official scripts
// compute them (Rajpurkar et al. 2016 and 2018), characters for scripts without blanks, and rules
// of our own for yes/no and unanswerable questions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pith {

/// Lower case, ASCII's punctuation out, the words a, an, the out, blanks folded: SQuAD's
/// normalisation, in its order.
std::string normalized_answer(std::string_view text);
/// Words of normalized_answer().
std::vector<std::string> answer_words(std::string_view text);
/// For Chinese, Japanese, Thai: compatibility form, lower case, without blanks and punctuation of
/// any script; one element a code point.
std::u32string answer_characters(std::string_view text);

enum class AnswerUnit : std::uint8_t { kWords = 1, kCharacters = 2 };
/// kCharacters for zh, ja, th and their variants ("zh-TW").
AnswerUnit answer_unit(std::string_view language);

/// 1 when both are equal after normalisation.
double exact_match(std::string_view answer, std::string_view gold, AnswerUnit unit);
/// F1 over the multisets of units; when either has none, 1 if both have none, else 0.
double answer_f1(std::string_view answer, std::string_view gold, AnswerUnit unit);

enum class QuestionKind : std::uint8_t { kSpan = 1, kYesNo = 2, kUnanswerable = 3 };
/// From its gold answers: none: kUnanswerable; all of them yes, no or maybe: kYesNo.
QuestionKind question_kind(std::span<const std::string> golds);

enum class Verdict : std::uint8_t { kYes = 1, kNo = 2, kMaybe = 3 };
/// By the first word: yes, no, maybe; true and false, too.
std::optional<Verdict> parse_verdict(std::string_view answer);
/// Empty after normalisation, or a phrase that says that there is no answer ("unanswerable").
bool is_refusal(std::string_view answer);

struct AnswerScore {
  double exact_match = 0.0;
  double f1 = 0.0;
};
/// The best over `golds`, both measures on their own; golds that are empty after normalisation do
/// not count. kYesNo: 1 for the same verdict. kUnanswerable: 1 for a refusal.
AnswerScore score_answer(std::string_view answer, std::span<const std::string> golds,
                         AnswerUnit unit);

}  // namespace pith
