#include "messages/log/log_queue.h"

#include <gtest/gtest.h>

#include "tests/messages/log/log_fixture.h"

namespace pith {
namespace {

LogEvent decision_event(std::uint32_t number, DecisionKind kind) {
  LogEvent event;
  event.decision = std::make_shared<const Decision>(sample_decision(number, kind));
  return event;
}

LogEvent reward_event(std::uint32_t number) {
  LogEvent event;
  event.reward = sample_reward(number);
  return event;
}

std::string id_in(const LogEvent& event) {
  return event.decision != nullptr ? event.decision->decision_id : event.reward.event_id;
}

class LogQueueTest : public testing::Test {
 protected:
  LogQueue::Put put(LogEvent event) {
    lost_ = nullptr;
    return queue_.put(event, &lost_);
  }
  LogQueue queue_{3};
  std::shared_ptr<const Decision> lost_;
};

TEST_F(LogQueueTest, GivesInOrderOfArrivalAcrossKinds) {
  put(decision_event(1, DecisionKind::kExplore));
  put(reward_event(2));
  put(decision_event(3, DecisionKind::kGreedy));
  std::vector<LogEvent> taken = queue_.take(2);
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(id_in(taken[0]), id_of(1));
  EXPECT_EQ(id_in(taken[1]), sample_reward(2).event_id);
  queue_.give_back(std::move(taken));
  taken = queue_.take(10);
  ASSERT_EQ(taken.size(), 3U);
  EXPECT_EQ(id_in(taken[0]), id_of(1));
  EXPECT_EQ(id_in(taken[2]), id_of(3));
  EXPECT_EQ(queue_.first_number(), 0U);
}

TEST_F(LogQueueTest, FullQueueLosesTheOldestGreedyDecisionFirst) {
  put(decision_event(1, DecisionKind::kExplore));
  put(decision_event(2, DecisionKind::kGreedy));
  put(decision_event(3, DecisionKind::kReuse));
  EXPECT_EQ(put(decision_event(4, DecisionKind::kExplore)), LogQueue::Put::kDroppedOther);
  EXPECT_EQ(lost_->decision_id, id_of(2));
  EXPECT_EQ(put(reward_event(5)), LogQueue::Put::kDroppedOther);
  EXPECT_EQ(lost_->decision_id, id_of(3));
  EXPECT_EQ(put(decision_event(6, DecisionKind::kGreedy)), LogQueue::Put::kRefused);
  EXPECT_EQ(put(reward_event(7)), LogQueue::Put::kRefused);
  EXPECT_EQ(lost_, nullptr);
  EXPECT_EQ(put(decision_event(8, DecisionKind::kHoldout)), LogQueue::Put::kDroppedOther);
  EXPECT_EQ(lost_->decision_id, id_of(1));
  EXPECT_EQ(queue_.size(), 3U);
}

TEST_F(LogQueueTest, RewardsCanBeTakenAlone) {
  put(reward_event(1));
  put(decision_event(2, DecisionKind::kGreedy));
  put(reward_event(3));
  EXPECT_EQ(queue_.take_rewards().size(), 2U);
  EXPECT_FALSE(queue_.has_rewards());
  EXPECT_EQ(queue_.first_number(), 2U);
}

}  // namespace
}  // namespace pith
