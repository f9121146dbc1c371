#include "tests/literals/survival.h"

#include <gtest/gtest.h>

namespace pith::literals {
namespace {

SegmentReply kept(std::vector<ByteSpan> spans) {
  SegmentReply reply;
  reply.kept = std::move(spans);
  return reply;
}

TEST(CheckSurvival, WholeTextLosesNothing) {
  const Survival survival = check_survival("port 8080 is not open", kept({{0, 21}}));
  EXPECT_TRUE(survival.losses.empty());
  EXPECT_EQ(survival.listed[static_cast<int>(LiteralClass::kNumber)], 1U);
  EXPECT_EQ(survival.listed[static_cast<int>(LiteralClass::kNegation)], 1U);
}

TEST(CheckSurvival, CutDigitIsALoss) {
  const Survival survival = check_survival("port 8080 is", kept({{0, 8}, {9, 12}}));
  ASSERT_EQ(survival.losses.size(), 1U);
  EXPECT_EQ(survival.losses[0].loss, Loss::kCut);
}

TEST(CheckSurvival, GrownTogetherIsALoss) {
  const Survival survival = check_survival("12 apples 34", kept({{0, 2}, {10, 12}}));
  EXPECT_EQ(survival.losses.size(), 2U);
}

TEST(CheckSurvival, EverySingleOccurrenceCounts) {
  const Survival survival = check_survival("x_y then x_y", kept({{0, 8}}));
  EXPECT_EQ(survival.losses.size(), 1U);
}

TEST(CheckSurvival, FoldedCopyOfAKeptLineIsNoLossWhenTheReplySaysSo) {
  const std::string_view text = "retry 3\nretry 3\n";
  SegmentReply reply = kept({{0, 8}});
  EXPECT_EQ(check_survival(text, reply).losses.size(), 1U);
  reply.transforms = {"log_fold"};
  EXPECT_TRUE(check_survival(text, reply).losses.empty());
  EXPECT_EQ(check_survival(text, reply).folded, 1U);
}

}  // namespace
}  // namespace pith::literals
