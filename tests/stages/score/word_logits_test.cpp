#include "stages/score/word_logits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace pith {
namespace {

using testing::ElementsAre;

TokenizedSegment segment_with(std::vector<Word> words, std::vector<Piece> pieces,
                              std::vector<std::uint32_t> word_of_piece) {
  TokenizedSegment segment;
  segment.words = std::move(words);
  segment.pieces = std::move(pieces);
  segment.word_of_piece = std::move(word_of_piece);
  return segment;
}

TEST(WordLogits, AreMeansOfTheirPieces) {
  const auto segment =
      segment_with({{0, 4, 5}, {5, 7, 7}}, {{1, {0, 2}}, {1, {2, 4}}, {1, {5, 7}}}, {0, 0, 1});
  EXPECT_THAT(word_logits(segment, std::vector<float>{1.0F, -3.0F, 0.5F}),
              ElementsAre(-1.0F, 0.5F));
}

TEST(WordLogits, WordWithoutPieceGetsThatOfWhatCoversIt) {
  const auto segment = segment_with({{0, 3, 3}, {3, 6, 6}, {6, 9, 9}, {9, 12, 12}},
                                    {{1, {0, 1}}, {1, {1, 9}}, {1, {9, 12}}}, {0, 0, 3});
  EXPECT_THAT(word_logits(segment, std::vector<float>{2.0F, 4.0F, -1.0F}),
              ElementsAre(3.0F, 4.0F, 4.0F, -1.0F));
}

TEST(WordLogits, WordThatNothingCoversGetsItsNeighbours) {
  const auto segment = segment_with({{0, 1, 2}, {2, 3, 4}, {4, 5, 6}, {6, 7, 7}},
                                    {{1, {2, 3}}, {1, {6, 7}}}, {1, 3});
  EXPECT_THAT(word_logits(segment, std::vector<float>{2.0F, -4.0F}),
              ElementsAre(2.0F, 2.0F, 2.0F, -4.0F));
}

// Goal: what word_logits gives changes as its backward pass says. Method: it is linear; one piece
// at a time.
TEST(WordLogits, BackwardIsTheTransposeOfForward) {
  const auto covered = segment_with({{0, 3, 3}, {3, 6, 6}, {6, 9, 9}, {9, 12, 12}},
                                    {{1, {0, 1}}, {1, {1, 9}}, {1, {9, 12}}}, {0, 0, 3});
  const auto neighbours = segment_with({{0, 1, 2}, {2, 3, 4}, {4, 5, 6}, {6, 7, 7}},
                                       {{1, {2, 3}}, {1, {6, 7}}}, {1, 3});
  const std::vector<float> dz = {1.0F, 10.0F, 100.0F, 1000.0F};
  for (const TokenizedSegment& segment : {covered, neighbours}) {
    const auto slopes = word_logits_backward(segment, dz);
    ASSERT_EQ(slopes.size(), segment.pieces.size());
    for (std::size_t i = 0; i < slopes.size(); ++i) {
      std::vector<float> one(slopes.size(), 0.0F);
      one[i] = 1.0F;
      const auto z = word_logits(segment, one);
      float sum = 0.0F;
      for (std::size_t word = 0; word < z.size(); ++word) sum += dz[word] * z[word];
      EXPECT_FLOAT_EQ(slopes[i], sum);
    }
  }
  EXPECT_TRUE(word_logits_backward(segment_with({{0, 1, 1}}, {}, {}), std::vector{1.0F}).empty());
}

TEST(WordLogits, TextWithoutPiecesStays) {
  const auto segment = segment_with({{0, 1, 2}, {2, 3, 3}}, {}, {});
  const auto logits = word_logits(segment, {});
  ASSERT_EQ(logits.size(), 2U);
  EXPECT_EQ(keep_probability(logits[0]), 1.0F);
  EXPECT_EQ(keep_probability(logits[1]), 1.0F);
}

TEST(WordLogits, ProbabilitiesStayInRangeAtTheEnds) {
  EXPECT_EQ(keep_probability(0.0F), 0.5F);
  EXPECT_EQ(keep_probability(1e30F), 1.0F);
  EXPECT_EQ(keep_probability(-1e30F), 0.0F);
  EXPECT_NEAR(keep_probability(-2.0F), 1.0 / (1.0 + std::exp(2.0)), 1e-7);
}

}  // namespace
}  // namespace pith
