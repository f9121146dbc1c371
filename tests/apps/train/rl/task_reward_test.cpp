#include "apps/train/rl/task_reward.h"

#include <gtest/gtest.h>

namespace pith {
namespace {

TaskRecord record(std::vector<std::string> golds, std::string language = "en") {
  TaskRecord record;
  record.golds = std::move(golds);
  record.language = std::move(language);
  return record;
}

TEST(TaskReward, AnswersCountAsInEvaluation) {
  const auto f1 = [](const TaskRecord& of, std::string_view answer) {
    const std::vector<LikelyAnswer> one = {{std::string(answer), 1.0}};
    return gold_reward(RewardMetric::kF1, EvalTask::kQa, of, one);
  };
  EXPECT_DOUBLE_EQ(f1(record({"blue", "dark blue"}), "Answer: dark Blue."), 1.0);
  EXPECT_DOUBLE_EQ(f1(record({"no"}), "No, it is not"), 1.0);
  EXPECT_DOUBLE_EQ(f1(record({}), "unanswerable"), 1.0);
  EXPECT_NEAR(f1(record({"\xE6\x9D\xB1\xE4\xBA\xAC"}, "ja"), "\xE6\x9D\xB1"), 2.0 / 3, 1e-9);
}

TEST(TaskReward, SummariesHaveTheirMeasure) {
  const TaskRecord of = record({"sorts a list of numbers"});
  const std::vector<LikelyAnswer> answer = {{"sorts a list", 1.0}};
  EXPECT_NEAR(gold_reward(RewardMetric::kRougeL, EvalTask::kCode, of, answer), 0.75, 1e-9);
  EXPECT_NEAR(gold_reward(RewardMetric::kRouge2, EvalTask::kCode, of, answer), 4.0 / 6, 1e-9);
  EXPECT_GT(gold_reward(RewardMetric::kBleu, EvalTask::kCode, of, answer), 0.2);
  EXPECT_LT(gold_reward(RewardMetric::kBleu, EvalTask::kCode, of, answer), 0.75);
}

TEST(TaskReward, AgreementAsksWhatTheFullTextGave) {
  const TaskRecord of = record({"right"});
  const std::vector<LikelyAnswer> wrong = {{"wrong", 1.0}};
  const std::vector<LikelyAnswer> both = {{"right", 0.75}, {"wrong", 0.25}};
  const auto agrees = [&](std::span<const LikelyAnswer> answers) {
    return agreement(RewardMetric::kF1, EvalTask::kQa, of, answers, "Answer: wrong");
  };
  EXPECT_DOUBLE_EQ(agrees(wrong), 1.0);
  EXPECT_DOUBLE_EQ(agrees(both), 0.25);
  EXPECT_DOUBLE_EQ(gold_reward(RewardMetric::kF1, EvalTask::kQa, of, both), 0.75);
}

}  // namespace
}  // namespace pith
