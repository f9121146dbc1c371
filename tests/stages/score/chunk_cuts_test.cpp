#include "stages/score/chunk_cuts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/stages/score/letter_tokenizer.h"
#include "tests/stages/score/scored_text.h"

namespace pith {
namespace {

/// The text of each chunk, from its first piece to its last.
std::vector<std::string> chunks(const std::string& text, std::size_t pieces_max) {
  const TokenizedSegment segment = segment_of(text, LetterTokenizer());
  std::vector<std::string> out;
  std::size_t next = 0;
  for (const PieceRange range : cut_chunks(text, segment, pieces_max)) {
    EXPECT_EQ(range.begin, next);
    EXPECT_LT(range.begin, range.end);
    EXPECT_LE(range.end - range.begin, pieces_max);
    next = range.end;
    const std::uint32_t begin = segment.pieces[range.begin].span.begin;
    out.push_back(text.substr(begin, segment.pieces[range.end - 1].span.end - begin));
  }
  EXPECT_EQ(next, segment.pieces.size());
  return out;
}

using testing::ElementsAre;

TEST(ChunkCuts, TextThatFitsIsWhole) {
  EXPECT_THAT(chunks("", 8), ElementsAre());
  EXPECT_THAT(chunks("  \n", 8), ElementsAre());
  EXPECT_THAT(chunks("abcd efgh", 8), ElementsAre("abcd efgh"));
}

TEST(ChunkCuts, BestPlaceOfTheLastQuarterWins) {
  // 16 pieces a window; its last quarter begins behind the twelfth.
  const std::string rest = " mm nn oo pp qq rr ss tt uu vv ww xx yy zz";
  EXPECT_EQ(chunks("aaaa bbbb cccc dd\n\nee ff" + rest, 16).front(), "aaaa bbbb cccc dd");
  EXPECT_EQ(chunks("aaaa bbbb cccc\ndd. ee ff" + rest, 16).front(), "aaaa bbbb cccc");
  EXPECT_EQ(chunks("aaaa bbbb cccc. d ee ff" + rest, 16).front(), "aaaa bbbb cccc.");
  EXPECT_EQ(chunks("aaaa bbbb cccc d 3.5 ff" + rest, 16).front(), "aaaa bbbb cccc d 3.5");
  EXPECT_EQ(chunks("aaaa. bbbb\n\ncc dd ee ff" + rest, 16).front(), "aaaa. bbbb\n\ncc dd ee");
  EXPECT_EQ(chunks("aaaabbbbccccddddeeeeffff" + rest, 16).front(), "aaaabbbbccccdddd");
}

TEST(ChunkCuts, RestIsNeverSmall) {
  for (std::size_t length = 17; length < 200; ++length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text += i % 3 == 2 ? "a " : "a";
    const auto cut = chunks(text, 16);
    const auto letters = std::count(cut.back().begin(), cut.back().end(), 'a');
    EXPECT_GE(letters, 4) << length;
  }
}

TEST(ChunkCuts, WindowOfOnePieceGoesForward) {
  EXPECT_THAT(chunks("abc d", 1), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(chunks("abc d", 2), testing::Each(testing::SizeIs(testing::Ge(1U))));
}

TEST(ChunkCuts, TextThatGrowsKeepsItsFirstChunks) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += i % 7 == 6 ? "word.\n" : "word ";
  const auto before = chunks(text, 32);
  const auto after = chunks(text + text, 32);
  ASSERT_GT(before.size(), 4U);
  for (std::size_t i = 0; i + 2 < before.size(); ++i) EXPECT_EQ(before[i], after[i]) << i;
}

TEST(ChunkCuts, FullStopOfChineseNeedsNoBlank) {
  TokenizedSegment segment;
  std::string text;
  for (std::uint32_t i = 0; i < 20; ++i) {
    const std::uint32_t begin = 3 * i;
    text += i == 13 ? "\xE3\x80\x82" : "\xE4\xB8\xAD";
    segment.words.push_back({begin, begin + 3, begin + 3});
    segment.pieces.push_back({1, {begin, begin + 3}});
    segment.word_of_piece.push_back(i);
  }
  EXPECT_THAT(cut_chunks(text, segment, 16), ElementsAre(PieceRange{0, 14}, PieceRange{14, 20}));
}

}  // namespace
}  // namespace pith
