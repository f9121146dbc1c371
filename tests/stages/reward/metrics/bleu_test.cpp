#include "stages/reward/metrics/bleu.h"

#include <gtest/gtest.h>

#include <cmath>

namespace pith {
namespace {

using Words = std::vector<std::string>;

double corpus(std::initializer_list<std::pair<std::string, Words>> pairs) {
  BleuCounts counts;
  for (const auto& [candidate, references] : pairs) counts += bleu_counts(candidate, references);
  return bleu(counts, /*effective_order=*/false);
}

// By hand from the rules of mteval-v13a: marks stand alone, but ' and - do not, and . and , only
// where no digit is before (then behind) them; a hyphen stands alone behind a digit.
TEST(BleuWords, SplitAs13aDoes) {
  EXPECT_EQ(bleu_words("Hello, world! 3.14 and 1,000; it's well-known (yes/no) 5-6."),
            (Words{"Hello", ",", "world", "!", "3.14", "and", "1,000", ";", "it's", "well-known",
                   "(", "yes", "/", "no", ")", "5", "-", "6", "."}));
  EXPECT_EQ(bleu_words("&quot;a&quot; b-\nc &lt;x&gt;\nd... 7.e"),
            (Words{"\"", "a", "\"", "bc", "<", "x", ">", "d", ".", ".", ".", "7", ".", "e"}));
  EXPECT_EQ(bleu_words("caf\u00e9."), (Words{"caf\u00e9", "."}));
  EXPECT_EQ(bleu_words("a-\n"), Words{"a-"}) << "blanks at the end go first";
  EXPECT_TRUE(bleu_words(" \n").empty());
}

// Papineni et al. 2002, section 2.1: a candidate of seven times one word, which the references have
// at most twice, has a modified unigram precision of 2/7. (Their words are letters here.)
TEST(BleuCounts, ClipAtTheMostInOneReference) {
  const BleuCounts counts = bleu_counts("t t t t t t t", Words{"t c i o t m", "x i a c o t m"});
  EXPECT_EQ(counts.matched[0], 2U);
  EXPECT_EQ(counts.total[0], 7U);
}

// Section 2.2.2: with references of 12, 15 and 17 words a candidate of 12 is not penalised.
TEST(BleuCounts, TakeTheNearestReferenceLength) {
  const auto letters = [](std::size_t n) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out += std::string(1, static_cast<char>('a' + i)) + " ";
    return out;
  };
  const Words references{letters(15), letters(17), letters(12)};
  EXPECT_EQ(bleu_counts(letters(12), references).reference_words, 12U);
  EXPECT_EQ(bleu_counts(letters(13), references).reference_words, 12U);
  EXPECT_EQ(bleu_counts(letters(16), references).reference_words, 15U) << "the shorter of two";
}

// Equation (geometric mean of the precisions, section 2.3): 4/5, 3/4, 2/3, 1/2, no penalty.
TEST(Bleu, IsTheGeometricMean) {
  EXPECT_NEAR(sentence_bleu("a b c d e", Words{"a b c d f"}), 100 * std::pow(0.2, 0.25), 1e-9);
  EXPECT_NEAR(sentence_bleu("a b c d", Words{"a b c d"}), 100.0, 1e-9);
  EXPECT_NEAR(sentence_bleu("A b c d", Words{"a b c d"}),
              100 * std::pow(0.75 * 2 / 3 * 0.5 * 0.5, 0.25), 1e-9)
      << "case counts; 4-grams are smoothed";
}

// exp(1 - r/c), same section: r = 8, c = 4.
TEST(Bleu, PunishesShortCandidates) {
  EXPECT_NEAR(sentence_bleu("a b c d", Words{"a b c d e f g h"}), 100 * std::exp(-1.0), 1e-9);
}

// Exponential smoothing (Post 2018; NIST's mteval-v13a): the first order without a match counts
// 1/2 of a match, the second 1/4.
TEST(Bleu, SmoothsOrdersWithoutMatch) {
  // 2/4, 1/3, (1/2)/2, (1/4)/1
  EXPECT_NEAR(sentence_bleu("a b x y", Words{"a b c d"}),
              100 * std::pow(0.5 / 3 * 0.25 * 0.25, 0.25), 1e-9);
  EXPECT_DOUBLE_EQ(sentence_bleu("x y z", Words{"a b c"}), 0.0) << "nothing to smooth";
}

// The same counts and score as in sacrebleu's own tests (test/test_bleu.py, scoring from counts).
TEST(Bleu, OfCountsIsThatOfSacrebleu) {
  BleuCounts counts;
  counts.matched = {9, 7, 5, 3};
  counts.total = {10, 8, 6, 4};
  counts.candidate_words = counts.reference_words = 11;
  EXPECT_NEAR(bleu(counts, /*effective_order=*/false), 83.75922397, 1e-7);
}

TEST(Bleu, EffectiveOrderIsForSentences) {
  EXPECT_NEAR(sentence_bleu("a b", Words{"a b"}), 100.0, 1e-9);
  EXPECT_DOUBLE_EQ(corpus({{"a b", {"a b"}}}), 0.0);
  EXPECT_DOUBLE_EQ(sentence_bleu("", Words{"a b"}), 0.0);
}

TEST(Bleu, OfACorpusAddsCountsBeforeItDivides) {
  // 5 + 4 words: 8/9, 6/7, 4/5, 2/3; lengths 9 and 9.
  EXPECT_NEAR(corpus({{"a b c d e", {"a b c d f"}}, {"k l m n", {"k l m n"}}}),
              100 * std::pow(8.0 / 9 * 6 / 7 * 4 / 5 * 2 / 3, 0.25), 1e-9);
}

}  // namespace
}  // namespace pith
