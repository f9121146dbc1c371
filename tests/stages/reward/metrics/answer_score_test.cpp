// Expected values follow from the definitions of Rajpurkar et al. 2016 (section 6.1: exact match
// and F1 over bags of tokens, the best of all golds; punctuation and articles do not count) and
// 2018 (no answer: both measures are 1 for abstaining and 0 otherwise).
#include "stages/reward/metrics/answer_score.h"

#include <gtest/gtest.h>

namespace pith {
namespace {

using Golds = std::vector<std::string>;
constexpr AnswerUnit kWords = AnswerUnit::kWords;
constexpr AnswerUnit kCharacters = AnswerUnit::kCharacters;

TEST(NormalizedAnswer, DropsCaseMarksArticlesAndBlanks) {
  EXPECT_EQ(normalized_answer("  The Cat's\t hat, an\nOld one!"), "cats hat old one");
  EXPECT_EQ(normalized_answer("A.B. (the)"), "ab") << "marks go before articles are looked for";
  EXPECT_EQ(normalized_answer("theory of anarchy"), "theory of anarchy");
  EXPECT_EQ(normalized_answer("the\u2013end"), "\u2013end") << "a dash beyond ASCII bounds a word";
  EXPECT_EQ(normalized_answer("\u00c9T\u00c9\u00a02019"), "\u00e9t\u00e9 2019");
  EXPECT_EQ(normalized_answer("$5.50"), "550");
}

TEST(AnswerF1, CountsCommonWordsAsBags) {
  // 5 and 2 words, 2 of them common: P 2/5, R 2/2, F 4/7.
  EXPECT_DOUBLE_EQ(answer_f1("in the big city of Rome", "Rome city", kWords), 4.0 / 7.0);
  // A repeated word counts as often as the gold has it: 1 of 3, 1 of 1.
  EXPECT_DOUBLE_EQ(answer_f1("no no no", "no", kWords), 0.5);
  EXPECT_DOUBLE_EQ(answer_f1("red", "blue", kWords), 0.0);
  EXPECT_DOUBLE_EQ(answer_f1("the", "", kWords), 1.0) << "both empty after normalisation";
  EXPECT_DOUBLE_EQ(answer_f1("", "blue", kWords), 0.0);
}

TEST(AnswerF1, CountsCharactersWhereWordsHaveNoBlanks) {
  EXPECT_DOUBLE_EQ(answer_f1("東京都。", "東京", kCharacters), 4.0 / 5.0);
  EXPECT_DOUBLE_EQ(exact_match("「１９０３年」", "1903 年", kCharacters), 1.0);
  EXPECT_DOUBLE_EQ(answer_f1("京東", "東京", kCharacters), 1.0) << "bags know no order";
  EXPECT_EQ(answer_unit("zh-TW"), kCharacters);
  EXPECT_EQ(answer_unit("ja"), kCharacters);
  EXPECT_EQ(answer_unit("th"), kCharacters);
  EXPECT_EQ(answer_unit("tr"), kWords);
}

TEST(ScoreAnswer, TakesTheBestGoldForEachMeasure) {
  const AnswerScore score =
      score_answer("Genesis probe", Golds{"Genesis", "the Genesis craft"}, kWords);
  EXPECT_DOUBLE_EQ(score.exact_match, 0.0);
  EXPECT_DOUBLE_EQ(score.f1, 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(score_answer("genesis.", Golds{"probe", "Genesis"}, kWords).exact_match, 1.0);
  EXPECT_DOUBLE_EQ(score_answer("the", Golds{"The", "x"}, kWords).f1, 0.0)
      << "an empty gold is none";
}

TEST(ScoreAnswer, YesNoByTheFirstWord) {
  EXPECT_EQ(question_kind(Golds{"yes"}), QuestionKind::kYesNo);
  EXPECT_DOUBLE_EQ(score_answer("No, it did not.", Golds{"no"}, kWords).f1, 1.0);
  EXPECT_DOUBLE_EQ(score_answer("Yes", Golds{"no"}, kWords).exact_match, 0.0);
  EXPECT_DOUBLE_EQ(score_answer("It is no secret", Golds{"no"}, kWords).f1, 0.0);
  EXPECT_DOUBLE_EQ(score_answer("Maybe.", Golds{"maybe"}, kWords).f1, 1.0);
}

TEST(ScoreAnswer, UnanswerableWantsARefusal) {
  EXPECT_EQ(question_kind(Golds{}), QuestionKind::kUnanswerable);
  EXPECT_DOUBLE_EQ(score_answer("Unanswerable.", Golds{}, kWords).f1, 1.0);
  EXPECT_DOUBLE_EQ(score_answer("", Golds{}, kWords).exact_match, 1.0);
  EXPECT_DOUBLE_EQ(score_answer("in 1912", Golds{}, kWords).f1, 0.0);
  EXPECT_DOUBLE_EQ(score_answer("unanswerable", Golds{"in 1912"}, kWords).f1, 0.0);
}

}  // namespace
}  // namespace pith
