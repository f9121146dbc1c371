#include "stages/score/query_matches.h"

#include <gtest/gtest.h>

#include <string>

namespace pith {
namespace {

QueryMatches matches(const std::string& query, const std::string& text) {
  const auto words = split_words(text, {0, static_cast<std::uint32_t>(text.size())});
  return {query, profile_words(text, words).words};
}

TEST(QueryMatches, FindWordsAndStems) {
  const auto found =
      matches("Who compressed the archive?", "The Archive, Anna said, compresses well.");
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.of(0).kind, 2) << "the";
  EXPECT_EQ(found.of(1).kind, 2) << "without case and punctuation";
  EXPECT_EQ(found.of(2).kind, 0);
  EXPECT_EQ(found.of(4).kind, 1) << "compr-";
  EXPECT_EQ(found.of(1).rarity, 1);
  EXPECT_EQ(found.of(2).rarity, 0);
}

TEST(QueryMatches, MeasureDistanceToWhatTells) {
  const auto found = matches("zebra", "a b zebra c d e f g h i j k l m n o p q r s t u v w x y z");
  EXPECT_EQ(found.of(2).distance, 0);
  EXPECT_EQ(found.of(1).distance, 1);
  EXPECT_EQ(found.of(1).after, 0) << "the match stands behind it";
  EXPECT_EQ(found.of(3).after, 1);
  EXPECT_LT(found.of(5).distance, found.of(20).distance);
  EXPECT_EQ(found.of(3).around, 1);
  EXPECT_EQ(found.of(20).around, 0);
}

TEST(QueryMatches, RankSentencesByWhatTheyHold) {
  const auto found = matches(
      "red car price", "Nothing is here at all. The red car has a price. A car stands there.");
  EXPECT_EQ(found.of(0).rank, 4);
  EXPECT_EQ(found.of(6).rank, 0);
  EXPECT_EQ(found.of(13).rank, 1);
  EXPECT_GT(found.of(6).in_sentence, found.of(13).in_sentence);
}

// The order of words, and what was looked at before, must not decide by the last bit of a sum.
TEST(QueryMatches, SentencesThatHoldTheSameAreEqual) {
  const std::vector<std::string> query = {"alpha", "bravo",   "charlie", "delta", "echo",
                                          "fox",   "golfing", "hotel",   "ink",   "juliett"};
  std::string asked, there, back;
  for (const std::string& word : query) {
    asked += word + " ";
    there += word + " ";
    back = word + " " + back;
  }
  // Unequal weights: some words come more often elsewhere.
  std::string rest;
  for (std::size_t i = 0; i < query.size(); ++i) {
    for (std::size_t k = 0; k < i % 4; ++k) rest += "Only " + query[i] + " here.\n";
  }
  const auto found = matches(asked, there + ".\n" + back + ".\n" + rest);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.of(0).rank, 0);
  EXPECT_EQ(found.of(query.size() + 5).rank, 0) << "of the second sentence";
}

TEST(QueryMatches, TheEndOfALongQueryCounts) {
  EXPECT_EQ(end_of_query("who?"), "who?");
  EXPECT_EQ(end_of_query(std::string(9000, 'x') + "y").size(), 8000U);
  // Three bytes a character: a cut one is left out.
  std::string signs;
  for (int i = 0; i < 3000; ++i) signs += "\xE5\x9B\xBE";
  EXPECT_EQ(end_of_query(signs).size(), 7998U);
  EXPECT_EQ(end_of_query(std::string(9000, '\x80')).size(), 7997U);

  const std::string filler(9000, '-');
  EXPECT_FALSE(matches(filler + " zebra", "a zebra").empty());
  EXPECT_TRUE(matches("zebra " + filler, "a zebra").empty());
}

TEST(QueryMatches, SayNothingWhereNothingIsShared) {
  EXPECT_TRUE(matches("zebra", "a text of other things").empty());
  EXPECT_TRUE(matches("", "a text").empty());
  EXPECT_TRUE(matches("zebra", "").empty());
  // A word that is everywhere tells nothing.
  EXPECT_TRUE(matches("the", "the a the b the c the d the e the f the g").empty());
}

TEST(QueryMatches, KnowWhatIsAskedFor) {
  const std::string text = "zebra zebra crossing";
  EXPECT_EQ(matches("who is the zebra", text).asks(), matches("zebra: who?", text).asks());
  EXPECT_NE(matches("who is the zebra", text).asks(), matches("when was the zebra", text).asks());
  EXPECT_NE(matches("how many zebra", text).asks(), matches("how old is the zebra", text).asks());
  EXPECT_EQ(matches("the zebra", text).asks(), 0U);
}

TEST(QueryMatches, AnyBytesWillDo) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += static_cast<char>(i * i * 31 + i / 7);
  const auto words = split_words(text, {0, static_cast<std::uint32_t>(text.size())});
  const QueryMatches found(text.substr(500, 300), profile_words(text, words).words);
  if (found.empty()) return;
  for (std::size_t i = 0; i < words.size(); ++i) EXPECT_LE(found.of(i).rank, 4);
}

TEST(QueryMatches, EndSoonAfterThereIsAReasonToStop) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i % 7000) + " ";
  const auto words =
      profile_words(text, split_words(text, {0, static_cast<std::uint32_t>(text.size())}));
  for (const int times : {0, 3, 7, 12}) {
    int asked = 0;
    const StopCheck stop = [&]() -> std::optional<Error> {
      if (asked++ < times) return std::nullopt;
      return Error{ErrorCode::kCancelled, "gone"};
    };
    const QueryMatches matches("what of 6001 and 6002", words.words, stop);
    EXPECT_LE(asked, times + 3);
  }
  EXPECT_FALSE(QueryMatches("what of 6001 and 6002", words.words).empty());
}

}  // namespace
}  // namespace pith
