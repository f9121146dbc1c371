#include "stages/score/encoder_chunks.h"

#include <gtest/gtest.h>

#include "stages/score/repeat_features.h"
#include "tests/stages/score/letter_tokenizer.h"
#include "tests/stages/score/scored_text.h"

namespace pith {
namespace {

EncoderConfig window_of(std::int32_t length, bool features) {
  EncoderConfig config;
  config.max_positions = length;
  config.features_per_piece = features ? kRepeatFeaturesPerPiece : 0;
  return config;
}

constexpr std::string_view kText = "a cat and a dog and a cow sat down on a red mat";

// Words that come again do so in the whole text, wherever it is cut.
TEST(EncoderChunks, PutsSpecialsAroundPiecesAndTheirFeatures) {
  const TokenizedSegment segment = segment_of(kText, LetterTokenizer());
  const auto chunks = encoder_chunks(kText, segment, window_of(12, true), {1000, 2000});
  ASSERT_GT(chunks.size(), 2U);
  const auto whole =
      features_of_pieces(repeat_features(kText, segment.words), segment.word_of_piece);
  const std::vector<std::int32_t> none(kRepeatFeaturesPerPiece, kNoWordFeature);
  std::size_t piece = 0;
  for (const EncoderChunk& chunk : chunks) {
    ASSERT_EQ(chunk.pieces.begin, piece);
    std::vector<std::int32_t> ids = {1000};
    std::vector<std::int32_t> features = none;
    for (; piece < chunk.pieces.end; ++piece) {
      ids.push_back(segment.pieces[piece].id);
      const auto row =
          std::span(whole).subspan(piece * kRepeatFeaturesPerPiece, kRepeatFeaturesPerPiece);
      features.insert(features.end(), row.begin(), row.end());
    }
    ids.push_back(2000);
    features.insert(features.end(), none.begin(), none.end());
    EXPECT_LE(ids.size(), 12U);
    EXPECT_EQ(chunk.ids, ids);
    EXPECT_EQ(chunk.features, features);
  }
  EXPECT_EQ(piece, segment.pieces.size());
}

TEST(EncoderChunks, ModelThatWantsNoFeaturesGetsNone) {
  const TokenizedSegment segment = segment_of(kText, LetterTokenizer());
  for (const EncoderChunk& chunk : encoder_chunks(kText, segment, window_of(12, false), {})) {
    EXPECT_TRUE(chunk.features.empty());
    EXPECT_GT(chunk.ids.size(), 2U);
  }
}

TEST(EncoderChunks, NoPiecesNoChunks) {
  EXPECT_TRUE(
      encoder_chunks("", segment_of("", LetterTokenizer()), window_of(12, true), {}).empty());
}

}  // namespace
}  // namespace pith
