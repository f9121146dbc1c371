#include "stages/score/policy_set.h"

#include <gtest/gtest.h>

namespace pith {
namespace {

class NamedPolicy : public KeepPolicy {
 public:
  NamedPolicy(std::string name, std::string id) : name_(std::move(name)), id_(std::move(id)) {}
  const std::string& id() const override { return id_; }
  const std::string& name() const override { return name_; }
  const Tokenizer& tokenizer() const override { std::abort(); }
  Result<Done> score(std::span<ScoreItem>, const ScoreLimits&) const override { return Done{}; }

 private:
  std::string name_, id_;
};

std::shared_ptr<const KeepPolicy> policy(const std::string& name, const std::string& id) {
  return std::make_shared<NamedPolicy>(name, id);
}

TEST(PolicySet, FindsByNameIdAndPrefixAndGivesTheChampionForNothing) {
  const PolicySet set({policy("a", "11112222ffff"), policy("b", "1111222233333")}, 1);

  EXPECT_EQ(set.find("")->name(), "b");
  EXPECT_EQ(set.find("a")->name(), "a");
  EXPECT_EQ(set.find("1111222233333")->name(), "b");
  EXPECT_EQ(set.find("11112222f")->name(), "a");
}

TEST(PolicySet, DoesNotGuess) {
  const PolicySet set({policy("a", "11112222ffff"), policy("b", "1111222233333")}, 0);

  EXPECT_EQ(set.find("c"), nullptr);
  EXPECT_EQ(set.find("11112222"), nullptr) << "stands for both";
  EXPECT_EQ(set.find("1111222"), nullptr) << "shorter than 8 digits";
}

TEST(OpenPolicies, NamesTheShippedOnesAndRefusesOthers) {
  const std::vector<std::string> paths = {PITH_MODELS "/ngram-multi.ngram",
                                          PITH_MODELS "/ngram-en.ngram"};

  const auto first = open_policies(paths, "");
  ASSERT_TRUE(first) << first.error().detail;
  EXPECT_EQ((*first)->champion()->name(), "ngram-multi");
  EXPECT_EQ((*first)->champion()->id().size(), 64U);
  const auto named = open_policies(paths, "ngram-en");
  ASSERT_TRUE(named);
  EXPECT_EQ((*named)->champion()->name(), "ngram-en");
  EXPECT_EQ((*named)->find("ngram-multi"), (*named)->all()[0]);

  const auto linear = open_policies({PITH_MODELS "/pith-linear.linear"}, "pith-linear");
  ASSERT_TRUE(linear) << linear.error().detail;

  const auto unknown = open_policies(paths, "ngram-xx");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kUnknownPolicy);
  const auto none = open_policies({}, "");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kUnknownPolicy);
}

}  // namespace
}  // namespace pith
