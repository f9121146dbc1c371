// How the span reader cuts texts, and what it sees in a word.
#include "apps/reader/span_words.h"

#include <gtest/gtest.h>

namespace pith {
namespace {

std::vector<std::string> spellings(std::string_view text) {
  std::vector<std::string> list;
  for (const SpanWord& word : span_words(text)) {
    list.emplace_back(text.substr(word.begin, word.end - word.begin));
  }
  return list;
}

WordShape shape(std::string_view word) {
  // Behind another word: a first word's capital says nothing.
  return span_words("so " + std::string(word)).back().shape;
}

TEST(SpanWords, MarksAndPossessiveEndingsStandAlone) {
  EXPECT_EQ(spellings("(The king's \"crown\", $1,234.50.)"),
            (std::vector<std::string>{"(", "The", "king", "'s", "\"", "crown", "\"", ",", "$",
                                      "1,234.50", ".", ")"}));
  EXPECT_TRUE(spellings("").empty());
  EXPECT_TRUE(spellings(" \n ").empty());
}

TEST(SpanWords, AreAscendingPlacesWhateverTheBytes) {
  const std::string text = "a\xFF\x80 b 東京は\xE3\x81 x's. \xF0\x9F\x98\x80";
  std::uint32_t end = 0;
  for (const SpanWord& word : span_words(text)) {
    EXPECT_GE(word.begin, end);
    EXPECT_GT(word.end, word.begin);
    end = word.end;
  }
  EXPECT_LE(end, text.size());
}

TEST(SpanWords, SentencesEndBehindStopsAndLinesButNotBehindAbbreviations) {
  const auto sentences = [](std::string_view text) { return span_words(text).back().sentence; };
  EXPECT_EQ(sentences("One two. Three"), 1U);
  EXPECT_EQ(sentences("One two? Three! Four"), 2U);
  EXPECT_EQ(sentences("One\ntwo"), 1U);
  EXPECT_EQ(sentences("Dr. Who met J. Smith"), 0U);
  EXPECT_EQ(sentences("version 1.5 of it"), 0U);
  EXPECT_EQ(sentences("東京。大阪"), 1U);
}

TEST(SpanWords, ShapesTellNumbersNamesAndScripts) {
  EXPECT_EQ(shape("1984"), WordShape::kYear);
  EXPECT_EQ(shape("7,000"), WordShape::kNumber);
  EXPECT_EQ(shape("4th"), WordShape::kAlphanumber);
  EXPECT_EQ(shape("seven"), WordShape::kNumberWord);
  EXPECT_EQ(shape("March"), WordShape::kDateWord);
  EXPECT_EQ(shape("march"), WordShape::kLower);
  EXPECT_EQ(shape("Paris"), WordShape::kCapital);
  EXPECT_EQ(shape("NASA"), WordShape::kCapitals);
  EXPECT_EQ(shape("eBay"), WordShape::kMixed);
  EXPECT_EQ(shape("東京"), WordShape::kHan);
  EXPECT_EQ(shape("ケーキ"), WordShape::kKatakana);
  EXPECT_EQ(shape("กรุงเทพ"), WordShape::kOther);
  EXPECT_EQ(span_words("Paris fell").front().shape, WordShape::kFirstWord);
}

TEST(SpanWords, AnswersBeginAndEndWithWordsAndMarksThatBelongToThem) {
  const auto words = span_words("a $5%, b");
  ASSERT_EQ(words.size(), 6U);
  EXPECT_TRUE(words[1].may_begin);
  EXPECT_FALSE(words[1].may_end);
  EXPECT_TRUE(words[3].may_end);
  EXPECT_FALSE(words[4].may_begin || words[4].may_end);
}

TEST(SpanWords, HashesIgnoreCaseAndEndings) {
  const auto words = span_words("Founded FOUNDED founding founder elephantine elephants xy xy");
  EXPECT_EQ(words[0].lower, words[1].lower);
  EXPECT_NE(words[0].lower, words[2].lower);
  EXPECT_EQ(words[0].stem, words[2].stem);
  EXPECT_NE(words[4].stem, words[5].stem);
  EXPECT_EQ(words[4].prefix, words[5].prefix);
  EXPECT_NE(words[6].prefix, words[6].lower) << "no prefix of a short word is a word";
}

TEST(SpanWords, KindsAreFunctionWordsEndingsAndShapes) {
  const auto words = span_words("so the The walking talking walked Paris Rome 1984 , .");
  EXPECT_EQ(words[1].kind, words[2].kind);
  EXPECT_EQ(words[1].kind, word_hash("the"));
  EXPECT_EQ(words[3].kind, words[4].kind);
  EXPECT_NE(words[4].kind, words[5].kind);
  EXPECT_EQ(words[6].kind, words[7].kind);
  EXPECT_NE(words[7].kind, words[8].kind);
  EXPECT_NE(words[9].kind, words[10].kind);
}

TEST(EnglishStem, CutsEndingsOfEnglishOnly) {
  EXPECT_EQ(english_stem("cities"), english_stem("city"));
  EXPECT_EQ(english_stem("running"), english_stem("run"));
  EXPECT_EQ(english_stem("creates"), english_stem("created"));
  EXPECT_EQ(english_stem("as"), "as");
  EXPECT_EQ(english_stem("größer"), "größer");
}

}  // namespace
}  // namespace pith
