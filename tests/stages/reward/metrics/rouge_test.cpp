#include "stages/reward/metrics/rouge.h"

#include <gtest/gtest.h>

namespace pith {
namespace {

TEST(RougeWords, AreRunsOfLettersAndDigits) {
  EXPECT_EQ(rouge_words("It's 3.5 \u20ac, na\u00efve_X2!"),
            (std::vector<std::string>{"it", "s", "3", "5", "na", "ve", "x2"}));
  EXPECT_TRUE(rouge_words("東京").empty());
}

// Lin 2004, section 3.1: of two candidates with the same single common bigram, ROUGE-L prefers the
// one that keeps the order: 3/4 against 2/4. (Their words are letters here.)
TEST(Rouge, WorkedExampleOfItsAuthor) {
  const RougeScore ordered = rouge("p x t g", "p k t g");
  const RougeScore turned = rouge("t g x p", "p k t g");
  EXPECT_DOUBLE_EQ(ordered.rouge_l, 0.75);
  EXPECT_DOUBLE_EQ(turned.rouge_l, 0.5);
  EXPECT_DOUBLE_EQ(ordered.rouge_2, 1.0 / 3.0);
  EXPECT_DOUBLE_EQ(turned.rouge_2, 1.0 / 3.0);
  EXPECT_DOUBLE_EQ(ordered.rouge_1, 0.75);
}

// F = 2PR / (P + R), by hand.
TEST(Rouge, FMeasureOfPrecisionAndRecall) {
  const RougeScore score = rouge("the mice ran, the cats slept", "Cats slept.");
  EXPECT_DOUBLE_EQ(score.rouge_1, 2.0 * (2.0 / 6.0) * 1.0 / (2.0 / 6.0 + 1.0));
  EXPECT_DOUBLE_EQ(score.rouge_2, 2.0 * (1.0 / 5.0) * 1.0 / (1.0 / 5.0 + 1.0));
  EXPECT_DOUBLE_EQ(score.rouge_l, score.rouge_1);
  EXPECT_DOUBLE_EQ(rouge("a a a", "a").rouge_1, 0.5) << "counts are clipped";
}

TEST(Rouge, OfNothingIsZero) {
  EXPECT_DOUBLE_EQ(rouge("", "a b").rouge_l, 0.0);
  EXPECT_DOUBLE_EQ(rouge("a b", "").rouge_1, 0.0);
  EXPECT_DOUBLE_EQ(rouge("a", "a").rouge_2, 0.0) << "one word has no bigram";
  EXPECT_DOUBLE_EQ(rouge("", "").rouge_1, 0.0);
}

}  // namespace
}  // namespace pith
