#include "apps/train/piece_chunks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pith {
namespace {

using testing::ElementsAre;

std::vector<Piece> pieces_of_size(std::size_t count, std::uint32_t bytes) {
  std::vector<Piece> pieces;
  for (std::uint32_t i = 0; i < count; ++i) {
    pieces.push_back({static_cast<std::int32_t>(10 + i), {i * bytes, (i + 1) * bytes}});
  }
  return pieces;
}

TEST(PieceChunks, AreOfNearlyEqualSizeWithinTheWindow) {
  PieceChunks chunks;
  chunks.add(pieces_of_size(25, 1), {}, 12, 3);
  ASSERT_EQ(chunks.size(), 3U);
  std::vector<std::int32_t> all;
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_GE(chunks[i].size(), 10U);
    EXPECT_LE(chunks[i].size(), 12U);
    EXPECT_EQ(chunks[i].front(), kBeginId);
    EXPECT_EQ(chunks[i].back(), kEndId);
    all.insert(all.end(), chunks[i].begin() + 1, chunks[i].end() - 1);
  }
  ASSERT_EQ(all.size(), 25U);
  for (std::size_t i = 0; i < 25; ++i) EXPECT_EQ(all[i], static_cast<std::int32_t>(10 + i));
}

TEST(PieceChunks, ShortOnesAreLeftOut) {
  PieceChunks chunks;
  chunks.add(pieces_of_size(4, 1), {}, 12, 7);
  EXPECT_EQ(chunks.size(), 0U);
  chunks.add({}, {}, 12, 0);
  EXPECT_EQ(chunks.size(), 0U);
}

TEST(LabelChunks, AreCutBetweenWordsAndEveryWordIsInOne) {
  // Words of three pieces each, two bytes a piece, no blanks between.
  std::vector<ByteSpan> words;
  std::vector<KeepLabel> labels;
  for (std::uint32_t i = 0; i < 10; ++i) {
    words.push_back({i * 6, i * 6 + 6});
    labels.push_back(static_cast<KeepLabel>(i % 3));
  }
  const auto chunks = label_chunks(pieces_of_size(30, 2), {}, words, labels, 12);
  std::vector<std::uint32_t> seen;
  for (const LabelledChunk& chunk : chunks) {
    EXPECT_LE(chunk.ids.size(), 12U);
    ASSERT_EQ(chunk.word_of_piece.size(), chunk.ids.size());
    EXPECT_EQ(chunk.ids.size(), 2 + 3 * chunk.labels.size());
    EXPECT_EQ(chunk.word_of_piece.front(), chunk.labels.size());
    EXPECT_EQ(chunk.word_of_piece.back(), chunk.labels.size());
    for (std::size_t i = 0; i < chunk.words.size(); ++i) {
      EXPECT_EQ(chunk.labels[i], labels[chunk.words[i]]);
      seen.push_back(chunk.words[i]);
    }
  }
  EXPECT_THAT(seen, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
}

TEST(LabelChunks, APieceWithItsBlankInFrontBelongsToTheWordBehind) {
  const std::vector<Piece> pieces = {{10, {0, 2}}, {11, {2, 5}}, {12, {5, 6}}};
  const std::vector<ByteSpan> words = {{0, 2}, {3, 6}};
  const auto chunks = label_chunks(pieces, {}, words, std::vector<KeepLabel>{1, 2}, 12);
  ASSERT_EQ(chunks.size(), 1U);
  EXPECT_THAT(chunks[0].word_of_piece, ElementsAre(2, 0, 1, 1, 2));
}

TEST(LabelChunks, AWordLongerThanTheWindowIsCut) {
  const std::vector<ByteSpan> words = {{0, 40}};
  const auto chunks = label_chunks(pieces_of_size(40, 1), {}, words, std::vector<KeepLabel>{2}, 12);
  EXPECT_GE(chunks.size(), 4U);
  for (const LabelledChunk& chunk : chunks) EXPECT_THAT(chunk.words, ElementsAre(0));
}

}  // namespace
}  // namespace pith
