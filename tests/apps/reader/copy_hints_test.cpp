// What may be copied, and what it does to logits.
#include "apps/reader/copy_hints.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/apps/reader/summary_vocabulary.h"

namespace pith {
namespace {

class CopyHintsTest : public testing::SummaryVocabulary {
 protected:
  static std::multiset<std::int32_t> ids_of(std::span<const CopyHint> hints, CopyReason reason) {
    std::multiset<std::int32_t> ids;
    for (const CopyHint& hint : hints) {
      if (hint.reason == reason) ids.insert(hint.id);
    }
    return ids;
  }
  static std::vector<CopyHint> after(std::span<const std::int32_t> text,
                                     std::vector<std::int32_t> written) {
    std::vector<CopyHint> hints = {{1, CopyReason::kWritten}};  // What was there goes.
    CopyHints(*pieces_, text).next(written, hints);
    return hints;
  }
  using Ids = std::multiset<std::int32_t>;
};

TEST_F(CopyHintsTest, EveryReasonHasItsPieces) {
  const std::vector<std::int32_t> text = {20, 21, 22, 20, 23, 20, 21, 24};
  const auto hints = after(text, {30, 20, 21, 31, 20, 21});
  EXPECT_EQ(ids_of(hints, CopyReason::kInText), (Ids{20, 21, 22, 23, 24}));
  EXPECT_EQ(ids_of(hints, CopyReason::kFollows), (Ids{22, 24}));
  EXPECT_EQ(ids_of(hints, CopyReason::kFollowsTwo), (Ids{22, 24}));
  EXPECT_EQ(ids_of(hints, CopyReason::kWritten), (Ids{20, 21, 30, 31}));
  EXPECT_EQ(ids_of(hints, CopyReason::kWouldRepeat), (Ids{31}));
  EXPECT_EQ(ids_of(after(text, {22, 20}), CopyReason::kFollowsTwo), (Ids{23}));
  EXPECT_EQ(ids_of(after(text, {22, 20}), CopyReason::kFollows), (Ids{21, 23}));
}

TEST_F(CopyHintsTest, OtherPiecesOfAWordAreHintedApart) {
  std::int32_t id = SummaryPieces::kFirstPiece;
  while (pieces_->pieces_of(pieces_->word_of(id)).size() < 2) ++id;
  const auto all = pieces_->pieces_of(pieces_->word_of(id));
  const auto hints = after(std::vector<std::int32_t>{id, id}, {});
  EXPECT_EQ(ids_of(hints, CopyReason::kInText), Ids{id});
  Ids others(all.begin(), all.end());
  others.erase(id);
  EXPECT_EQ(ids_of(hints, CopyReason::kWordInText), others);
}

TEST_F(CopyHintsTest, NothingToCopyWithoutAText) {
  EXPECT_TRUE(after({}, {}).empty());
  const auto hints = after({}, {20, 21});
  EXPECT_EQ(hints.size(), 2U) << "what is written alone";
}

TEST_F(CopyHintsTest, GatesAddAndMarksCannotBeWritten) {
  std::vector<float> logits(static_cast<std::size_t>(pieces_->vocab_size()), 1.0F);
  const auto gate = static_cast<std::size_t>(pieces_->first_gate());
  logits[gate + 0] = 0.5F;
  logits[gate + 4] = -2.0F;
  const CopyHint hints[] = {
      {20, CopyReason::kInText}, {20, CopyReason::kWritten}, {21, CopyReason::kWritten}};
  apply_hints(*pieces_, hints, logits);
  EXPECT_FLOAT_EQ(logits[20], -0.5F);
  EXPECT_FLOAT_EQ(logits[21], -1.0F);
  EXPECT_FLOAT_EQ(logits[22], 1.0F);
  for (std::int32_t id = pieces_->num_pieces(); id < pieces_->vocab_size(); ++id) {
    EXPECT_LT(logits[static_cast<std::size_t>(id)], -1e20F);
  }
}

TEST(ForbidRepeats, WhatCameBehindTheSamePiecesCannotComeAgain) {
  const std::vector<std::int32_t> written = {5, 6, 7, 5, 6, 8, 6, 5, 6};
  const auto forbidden = [&](std::size_t length) {
    std::vector<float> logits(10, 0.0F);
    forbid_repeats(written, length, logits);
    std::set<std::int32_t> ids;
    for (std::int32_t id = 0; id < 10; ++id) {
      if (logits[static_cast<std::size_t>(id)] < -1e20F) ids.insert(id);
    }
    return ids;
  };
  EXPECT_EQ(forbidden(0), (std::set<std::int32_t>{}));
  EXPECT_EQ(forbidden(1), (std::set<std::int32_t>{5, 6, 7, 8}));
  EXPECT_EQ(forbidden(2), (std::set<std::int32_t>{5, 7, 8}));
  EXPECT_EQ(forbidden(3), (std::set<std::int32_t>{7, 8}));
  EXPECT_EQ(forbidden(4), (std::set<std::int32_t>{}));
  EXPECT_EQ(forbidden(10), (std::set<std::int32_t>{}));
}

}  // namespace
}  // namespace pith
