#include "stages/tokenize/escaped_words.h"

#include <gtest/gtest.h>

namespace pith {
namespace {

TEST(JoinAtEscapes, WordsApartStayApart) {
  std::vector<Word> words = {{0, 3, 4}, {4, 8, 8}, {8, 9, 9}};
  const std::vector<Word> before = words;
  const std::vector<ByteSpan> escapes = {{4, 8}, {8, 9}};
  join_at_escapes(escapes, words);
  EXPECT_EQ(words, before);
  join_at_escapes({}, words);
  EXPECT_EQ(words, before);
}

TEST(JoinAtEscapes, ABoundaryInsideAnEscapeIsNone) {
  std::vector<Word> words = {{0, 2, 2}, {2, 5, 6}, {6, 9, 9}, {9, 10, 11}, {11, 12, 12}};
  const std::vector<ByteSpan> escapes = {{1, 3}, {8, 10}};
  join_at_escapes(escapes, words);
  EXPECT_EQ(words, (std::vector<Word>{{0, 5, 6}, {6, 10, 11}, {11, 12, 12}}));
}

TEST(JoinAtEscapes, OneEscapeOverThreeWords) {
  std::vector<Word> words = {{10, 12, 12}, {12, 13, 13}, {13, 16, 17}, {17, 18, 18}};
  const std::vector<ByteSpan> escapes = {{2, 8}, {11, 15}};
  join_at_escapes(escapes, words);
  EXPECT_EQ(words, (std::vector<Word>{{10, 16, 17}, {17, 18, 18}}));
}

}  // namespace
}  // namespace pith
