#include "apps/eval/shortener.h"

#include <gtest/gtest.h>

#include "apps/eval/orders.h"
#include "stages/score/keep_policy.h"

namespace pith {
namespace {

TaskRecord record_of(std::string text) {
  TaskRecord record;
  record.text = std::move(text);
  record.question = "Who crossed the river?";
  record.golds = {"a grey wolf"};
  return record;
}

const std::string kText =
    "On the first day nothing moved in the valley, and the hunters slept until noon. On the second "
    "day a grey wolf crossed the river by the old bridge. On the third day it rained without "
    "pause, "
    "so that nobody left the house, and the fire was kept burning with what wood there was left.";

class ShortenerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto counter = load_token_counter("o200k_base", PITH_MODELS);
    ASSERT_TRUE(counter);
    counter_ = *counter;
    auto policy = open_policy(std::string(PITH_MODELS) + "/ngram-multi.ngram", {});
    ASSERT_TRUE(policy);
    policy_ = *policy;
  }
  std::vector<Shortener> all() const {
    std::vector<Shortener> out;
    for (const std::string_view name : kBaselines) {
      out.emplace_back(std::string(name), name == "self-information" ? policy_ : nullptr, 1);
    }
    return out;
  }
  std::string at(const std::string& name, double times, std::uint64_t seed = 1) const {
    const auto texts =
        Shortener(name, nullptr, seed).by_order(record_of(kText), {times}, *counter_, false);
    EXPECT_TRUE(texts);
    return texts->at.front().text;
  }
  std::shared_ptr<const TokenCounter> counter_;
  std::shared_ptr<const KeepPolicy> policy_;
};

TEST_F(ShortenerTest, EveryOrderKeepsTheSameShare) {
  const std::vector<double> times = {2, 3, 4, 5, 6};
  for (const Shortener& shortener : all()) {
    const auto texts = shortener.by_order(record_of(kText), times, *counter_, false);
    ASSERT_TRUE(texts);
    EXPECT_EQ(texts->origin_tokens, counter_->count(kText));
    ASSERT_EQ(texts->at.size(), times.size());
    for (std::size_t i = 0; i < times.size(); ++i) {
      const Shortened& shortened = texts->at[i];
      EXPECT_EQ(shortened.tokens, counter_->count(shortened.text));
      const double target = texts->origin_tokens / times[i];
      EXPECT_LE(shortened.tokens, target) << shortener.name();
      EXPECT_GT(shortened.tokens, target - 4) << shortener.name() << ": within a word";
    }
  }
}

TEST_F(ShortenerTest, TruncationKeepsTheEnds) {
  const std::string head = at("head", 4);
  EXPECT_EQ(kText.substr(0, head.size()), head);
  const std::string both = at("head+tail", 4);
  EXPECT_TRUE(both.starts_with("On the first day"));
  EXPECT_TRUE(both.ends_with("wood there was left."));
}

TEST_F(ShortenerTest, RandomFollowsItsSeed) {
  EXPECT_EQ(at("random", 3, 1), at("random", 3, 1));
  EXPECT_NE(at("random", 3, 1), at("random", 3, 2));
}

TEST_F(ShortenerTest, OracleKeepsTheAnswer) {
  EXPECT_NE(at("oracle", 6).find("grey wolf crossed"), std::string::npos) << at("oracle", 6);
}

TEST_F(ShortenerTest, ProtectionKeepsLiterals) {
  TaskRecord record =
      record_of(kText + " The ticket 48213 is at /srv/depot/7 and must not be lost.");
  const auto texts =
      Shortener("random", nullptr, 1)
          .protecting(record, {5}, counter_, PITH_MODELS, policy_->tokenizer(), false);
  ASSERT_TRUE(texts);
  for (const char* literal : {"48213", "/srv/depot/7", "not"}) {
    EXPECT_NE(texts->at[0].text.find(literal), std::string::npos) << texts->at[0].text;
  }
  EXPECT_EQ(texts->at[0].tokens, counter_->count(texts->at[0].text));
}

TEST_F(ShortenerTest, TextsWithoutWordsStayAsTheyAre) {
  for (const char* text : {" \n ", "x"}) {
    const auto texts =
        Shortener("head", nullptr, 1).by_order(record_of(text), {6}, *counter_, false);
    ASSERT_TRUE(texts);
    EXPECT_EQ(texts->at[0].text, text);
  }
}

}  // namespace
}  // namespace pith
