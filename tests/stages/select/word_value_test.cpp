#include "stages/select/word_value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "stages/select/budget.h"
#include "tests/stages/select/prompt.h"

namespace pith {
namespace {

const std::string kText =
    "The incomprehensibility of Llanfairpwllgwyngyll is a matter of record, and of dispute.";

TEST(WordValue, EveryTokenIsPaidOnce) {
  for (const auto& [name, text] : testing::sample_files()) {
    const TokenizedSegment segment = testing::make_segment(text, SegmentKind::kToolResult, {});
    const WordTokens tokens = tokens_of_words(text, segment, testing::o200k());
    const std::uint32_t in_words =
        std::accumulate(tokens.of_word.begin(), tokens.of_word.end(), std::uint32_t{0});
    if (segment.structure.cuts.empty()) {
      EXPECT_EQ(in_words + tokens.outside, testing::o200k().count(text)) << name;
    } else {
      EXPECT_LE(in_words + tokens.outside, testing::o200k().count(text)) << name;
    }
  }
}

TEST(WordValue, OfWordsThatAreAsLikelyTheShorterComesFirst) {
  const TokenizedSegment segment = testing::make_segment(kText, SegmentKind::kPlain, {});
  const WordTokens tokens = tokens_of_words(kText, segment, testing::o200k());
  ASSERT_EQ(tokens.of_word[0], 1U);
  ASSERT_GT(tokens.of_word[3], 4U);  // Llanfairpwllgwyngyll
  const std::vector<float> keep_prob(segment.words.size(), 0.5F);
  const std::vector<float> order = value_order(keep_prob, tokens);
  EXPECT_GT(order[0], order[3]);
  EXPECT_FLOAT_EQ(order[0], worth_of(0.0F) - price_of(1.0F));
}

TEST(WordValue, MoreLikelyIsWorthMoreAtTheSamePrice) {
  const WordTokens tokens{{2, 2, 2, 2, 2}, 0};
  const std::vector<float> keep_prob = {0.0F, 0.2F, 0.9F, 0.999F, 1.0F};
  const std::vector<float> order = value_order(keep_prob, tokens);
  for (std::size_t i = 0; i + 1 < order.size(); ++i) EXPECT_LT(order[i], order[i + 1]);
  EXPECT_TRUE(std::isfinite(order.front()) && std::isfinite(order.back()));
}

TEST(WordValue, WorthAscendsAndItsSlopeIsItsDerivative) {
  for (float z = -40.0F; z < 40.0F; z += 0.37F) {
    constexpr float kStep = 0.01F;
    const double rise = worth_of(z + kStep) - worth_of(z - kStep);
    EXPECT_GT(rise, 0.0) << z;
    EXPECT_NEAR(rise / (2 * kStep), worth_slope(z), 2e-3) << z;
  }
  EXPECT_NEAR(worth_slope(-30.0F), 1.0F, 1e-6F);
  EXPECT_LT(worth_slope(30.0F), 0.5F);
}

TEST(WordValue, ABudgetByValueKeepsMoreWords) {
  const TokenizedSegment segment = testing::make_segment(kText, SegmentKind::kPlain, {});
  const std::vector<float> keep_prob(segment.words.size(), 0.5F);
  const std::vector<bool> may_go(segment.words.size(), true);
  Budget by_score(kText, segment, keep_prob, may_go, {}, testing::o200k());
  Budget by_value(kText, segment, keep_prob, may_go, {}, testing::o200k(), WordOrder::kByValue);
  EXPECT_GT(by_value.within(10).num_kept, by_score.within(10).num_kept + 1);
}

TEST(WordValue, AScoreThatIsNoNumberStaysLongest) {
  const TokenizedSegment segment = testing::make_segment(kText, SegmentKind::kPlain, {});
  std::vector<float> keep_prob(segment.words.size(), 1.0F);
  keep_prob[3] = std::nanf("");
  Budget budget(kText, segment, keep_prob, std::vector<bool>(segment.words.size(), true), {},
                testing::o200k(), WordOrder::kByValue);
  EXPECT_EQ(apply_spans(kText, budget.within(1).kept), "Llanfairpwllgwyngyll");
}

}  // namespace
}  // namespace pith
