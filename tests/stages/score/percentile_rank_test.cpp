#include "stages/score/percentile_rank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace pith {
namespace {

std::vector<float> rank_of(const std::vector<float>& values) {
  std::vector<float> rank(values.size());
  percentile_rank(values, rank);
  return rank;
}

TEST(PercentileRank, LiesInsideTheUnitIntervalAndFollowsTheValues) {
  EXPECT_THAT(rank_of({3.0F, 1.0F, 2.0F, 9.0F}),
              testing::Pointwise(testing::FloatEq(), {0.625F, 0.125F, 0.375F, 0.875F}));
}

TEST(PercentileRank, TiesShareTheirMean) {
  EXPECT_THAT(rank_of({2.0F, 1.0F, 2.0F}),
              testing::Pointwise(testing::FloatEq(), {4.0F / 6, 1.0F / 6, 4.0F / 6}));
  EXPECT_THAT(rank_of({0.0F, 0.0F}), testing::Each(testing::FloatEq(0.5F)));
}

TEST(PercentileRank, OneWordIsInTheMiddleAndNoneIsNone) {
  EXPECT_THAT(rank_of({5.0F}), testing::ElementsAre(0.5F));
  EXPECT_TRUE(rank_of({}).empty());
}

}  // namespace
}  // namespace pith
