#include "stages/score/repeat_features.h"

#include <gtest/gtest.h>

#include <string>

namespace pith {
namespace {

std::vector<Word> words_of(std::string_view text) {
  return split_words(text, {0, static_cast<std::uint32_t>(text.size())});
}

/// The value of one feature of one word, counted from the feature's first row.
std::int32_t value(std::string_view text, std::size_t word, std::size_t feature) {
  constexpr std::int32_t kValues[] = {20, 5, 9, 9, 20, 8, 8, 8};
  std::int32_t row = 2;
  for (std::size_t f = 0; f < feature; ++f) row += kValues[f];
  const std::int32_t found =
      repeat_features(text, words_of(text))[word * kRepeatFeaturesPerPiece + feature] - row;
  EXPECT_TRUE(found >= 0 && found < kValues[feature]) << found;
  return found;
}

enum Feature : std::uint8_t {
  kTimes,
  kBack,
  kPairsBefore,
  kPairsAfter,
  kStems,
  kFromBegin,
  kToEnd,
  kLine
};

TEST(RepeatFeatures, CountTheWordBeforeAndAfter) {
  const std::string text = "cat dog Cat, bird (cat) \xC3\x84pfel cat cat \xC3\xA4pfel";
  EXPECT_EQ(value(text, 0, kTimes), 0 * 4 + 3) << "four more, capped";
  EXPECT_EQ(value(text, 2, kTimes), 1 * 4 + 3) << "case and punctuation do not count";
  EXPECT_EQ(value(text, 4, kTimes), 2 * 4 + 2);
  EXPECT_EQ(value(text, 7, kTimes), 4 * 4 + 0);
  EXPECT_EQ(value(text, 1, kTimes), 0);
  EXPECT_EQ(value(text, 8, kTimes), 1 * 4) << "case of any alphabet";
}

TEST(RepeatFeatures, TellHowFarBack) {
  std::string text = "a a b b2 b3 b4 a";
  for (int i = 0; i < 20; ++i) text += " x" + std::to_string(i);
  text += " b";
  for (int i = 0; i < 50; ++i) text += " y" + std::to_string(i);
  text += " b2";
  EXPECT_EQ(value(text, 0, kBack), 0);
  EXPECT_EQ(value(text, 1, kBack), 1);
  EXPECT_EQ(value(text, 6, kBack), 2);
  EXPECT_EQ(value(text, 27, kBack), 3);
  EXPECT_EQ(value(text, 78, kBack), 4);
}

TEST(RepeatFeatures, CountPairsOfNeighbours) {
  const std::string text = "red car here red car there red car";
  EXPECT_EQ(value(text, 0, kPairsBefore), 0);
  EXPECT_EQ(value(text, 0, kPairsAfter), 0 * 3 + 2) << "red car comes twice more";
  EXPECT_EQ(value(text, 4, kPairsBefore), 1 * 3 + 0) << "(red, car) before; (car, there) not";
  EXPECT_EQ(value(text, 6, kPairsBefore), 0 * 3 + 2);
  EXPECT_EQ(value(text, 7, kPairsBefore), 2 * 3);
}

TEST(RepeatFeatures, CountStemsOfLongWordsOnly) {
  const std::string text = "compress compression compressed comp comp";
  EXPECT_EQ(value(text, 0, kStems), 0 * 4 + 2);
  EXPECT_EQ(value(text, 1, kStems), 1 * 4 + 1);
  EXPECT_EQ(value(text, 3, kStems), 0);
}

TEST(RepeatFeatures, PlaceTheWordInItsLine) {
  const std::string text = "a b c d\ne f";
  EXPECT_EQ(value(text, 1, kFromBegin), 1);
  EXPECT_EQ(value(text, 1, kToEnd), 2);
  EXPECT_EQ(value(text, 1, kLine), 4 / 3);
  EXPECT_EQ(value(text, 4, kFromBegin), 0);
  EXPECT_EQ(value(text, 5, kToEnd), 0);
}

// A word's features must not depend on what is far away: texts are long, and grow.
TEST(RepeatFeatures, ReachTwoHundredAndFiftySixWords) {
  for (const int between : {254, 255, 256, 300}) {
    std::string text = "same";
    for (int i = 0; i < between; ++i) text += " w" + std::to_string(i);
    text += " same";
    const bool within = between + 1 <= 256;
    EXPECT_EQ(value(text, static_cast<std::size_t>(between) + 1, kTimes), within ? 4 : 0);
    EXPECT_EQ(value(text, 0, kTimes), within ? 1 : 0);
    EXPECT_EQ(value(text, static_cast<std::size_t>(between) + 1, kBack), within ? 4 : 0);
  }
}

TEST(RepeatFeatures, PiecesHaveTheirWordsRows) {
  const std::string text = "ab ab";
  const std::vector<Piece> pieces = {{5, {0, 1}}, {6, {1, 2}}, {7, {2, 4}}, {8, {4, 5}}};
  const auto rows = repeat_features_of_text(text, pieces);
  const auto of_words = repeat_features(text, words_of(text));
  ASSERT_EQ(rows.size(), pieces.size() * kRepeatFeaturesPerPiece);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    for (std::size_t f = 0; f < kRepeatFeaturesPerPiece; ++f) {
      EXPECT_EQ(rows[i * kRepeatFeaturesPerPiece + f],
                of_words[i / 2 * kRepeatFeaturesPerPiece + f]);
    }
  }
  const auto none = repeat_features_of_text("  ", std::vector<Piece>{{5, {0, 1}}});
  EXPECT_EQ(none, std::vector<std::int32_t>(kRepeatFeaturesPerPiece, kNoWordFeature));
}

TEST(RepeatFeatures, AnyBytesWillDo) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += static_cast<char>(i * i * 31 + i / 7);
  const auto rows = repeat_features(text, words_of(text));
  for (const std::int32_t row : rows) EXPECT_TRUE(row > kNoWordFeature && row < kRepeatFeatureRows);
}

// Every part of the work asks: whenever the reason comes, little is done after it.
TEST(RepeatFeatures, EndSoonAfterThereIsAReasonToStop) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i % 7000) + " ";
  const std::vector<Word> words = words_of(text);
  int asked = 0;
  const int never = 1 << 30;
  const auto stop_after = [&asked](int times) -> StopCheck {
    asked = 0;
    return [&asked, times]() -> std::optional<Error> {
      if (asked++ < times) return std::nullopt;
      return Error{ErrorCode::kCancelled, "gone"};
    };
  };
  const auto whole = repeat_features(text, words, stop_after(never));
  EXPECT_EQ(whole, repeat_features(text, words));
  const int parts = 5;  // Profiles, three recurrences, rows.
  const int most = asked;
  EXPECT_EQ(most, parts * 5) << "20,000 words, asked at every 4,096th";
  for (int times = 0; times < most; times += 3) {
    EXPECT_EQ(repeat_features(text, words, stop_after(times)).size(), whole.size());
    EXPECT_LE(asked, times + parts) << "one answer in each part that is left";
  }
}

}  // namespace
}  // namespace pith
