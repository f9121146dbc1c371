// What every back end of the log must do. A new one adds itself to INSTANTIATE below.
#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <thread>

#include "tests/child_process.h"
#include "tests/messages/log/log_fixture.h"

namespace pith {
namespace {

struct Backend {
  const char* name;
  std::function<Result<std::unique_ptr<Log>>(const TemporaryDir&)> open;
};

class LogContract : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    log_.reset();
    Result<std::unique_ptr<Log>> log = GetParam().open(dir_);
    ASSERT_TRUE(log) << log.error().detail;
    log_ = *std::move(log);
  }
  TemporaryDir dir_;
  std::unique_ptr<Log> log_;
};

INSTANTIATE_TEST_SUITE_P(Backends, LogContract,
                         testing::Values(Backend{"Sqlite",
                                                 [](const TemporaryDir& dir) {
                                                   return open_sqlite_log(dir.file("log.db"));
                                                 }}),
                         [](const auto& backend) { return backend.param.name; });

TEST_P(LogContract, DecisionComesBackAsItWent) {
  ASSERT_TRUE(log_->append(sample_decision(1)));
  EXPECT_TRUE(same(log_->find_decision(id_of(1)).value(), sample_decision(1)));  // queued still
  log_->flush();
  EXPECT_TRUE(same(log_->find_decision(id_of(1)).value(), sample_decision(1)));
  reopen();
  EXPECT_TRUE(same(log_->find_decision(id_of(1)).value(), sample_decision(1)));
  EXPECT_FALSE(log_->find_decision(id_of(2)));
}

TEST_P(LogContract, ConversationComesOldestFirst) {
  for (const std::uint32_t number : {3U, 6U, 1U, 9U}) log_->append(sample_decision(number));
  log_->flush();
  log_->append(sample_decision(12));
  const std::vector<Decision> found = log_->find_conversation(sample_decision(3).conversation);
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].decision_id, id_of(3));
  EXPECT_EQ(found[1].decision_id, id_of(6));
  EXPECT_EQ(found[2].decision_id, id_of(9));
  EXPECT_EQ(found[3].decision_id, id_of(12));
}

TEST_P(LogContract, RepeatedDecisionChangesNothing) {
  log_->append(sample_decision(1));
  log_->flush();
  Decision changed = sample_decision(1);
  changed.model = "another";
  log_->append(changed);
  log_->flush();
  EXPECT_EQ(log_->find_decision(id_of(1))->model, "some-model");
  EXPECT_EQ(log_->stats().decisions, 1U);
  EXPECT_EQ(log_->stats().duplicates, 1U);
  EXPECT_EQ(log_->totals().at(0).decisions, 1U);
}

TEST_P(LogContract, RewardIsAcknowledgedOnceAsNew) {
  const Result<bool> first = append_now(*log_, sample_reward(1));
  const Result<bool> second = append_now(*log_, sample_reward(1));
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(*first);
  EXPECT_FALSE(*second);
  reopen();
  const Result<bool> third = append_now(*log_, sample_reward(1));
  ASSERT_TRUE(third);
  EXPECT_FALSE(*third);
}

// Goal: of concurrent deliveries of one event exactly one is new.
TEST_P(LogContract, ConcurrentDuplicatesAreNewOnce) {
  std::atomic<int> news{0}, acknowledged{0};
  std::vector<std::thread> senders;
  for (int sender = 0; sender < 4; ++sender) {
    senders.emplace_back([&] {
      for (std::uint32_t number = 0; number < 200; ++number) {
        log_->append(sample_reward(number), [&](const Result<bool>& is_new) {
          acknowledged += is_new ? 1 : 0;
          news += is_new && *is_new ? 1 : 0;
        });
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  log_->flush();
  EXPECT_EQ(acknowledged, 800);
  EXPECT_EQ(news, 200);
  EXPECT_EQ(log_->stats().rewards, 200U);
}

TEST_P(LogContract, ImpossibleRewardsAreRefused) {
  Reward both = sample_reward(1);
  both.conversation = "c";
  Reward neither = sample_reward(1);
  neither.decision_id.clear();
  Reward nan = sample_reward(1);
  nan.value = std::numeric_limits<double>::quiet_NaN();
  Reward nameless = sample_reward(1);
  nameless.event_id.clear();
  Reward lengthy = sample_reward(1);
  lengthy.decision_id.assign(1000, 'd');
  for (const Reward& reward : {both, neither, nan, nameless, lengthy}) {
    const Result<bool> answer = append_now(*log_, reward);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(log_->stats().refused, 5U);
  EXPECT_TRUE(append_now(*log_, sample_reward(1)));
}

TEST_P(LogContract, DecisionWithAnImpossibleRateIsKeptWithoutIt) {
  Decision decision = sample_decision(1);
  decision.target_rate = std::numeric_limits<float>::quiet_NaN();
  decision.model = "bad \xFF\xED\xA0\x80 bytes";
  log_->append(decision);
  log_->append(sample_decision(2));
  log_->flush();
  EXPECT_EQ(log_->stats().decisions, 2U);
  EXPECT_EQ(log_->find_decision(id_of(1))->target_rate, 0.0F);
  EXPECT_EQ(log_->find_decision(id_of(1))->model, "bad ???? bytes");
}

TEST_P(LogContract, TotalsAddUpLiveDecisions) {
  for (std::uint32_t number = 0; number < 10; ++number) log_->append(sample_decision(number));
  log_->append(sample_decision(50, DecisionKind::kShadow));
  log_->flush();
  reopen();
  const std::vector<LogTotals> totals = log_->totals();
  ASSERT_EQ(totals.size(), 2U);
  EXPECT_EQ(totals[0], (LogTotals{"openai-chat", "even", 5, 5020, 3020, 2500, 1250}));
  EXPECT_EQ(totals[1], (LogTotals{"openai-chat", "odd", 5, 5025, 3025, 2500, 1250}));
}

TEST_P(LogContract, EverythingQueuedIsWrittenWhenItIsClosed) {
  for (std::uint32_t number = 0; number < 1000; ++number) log_->append(sample_decision(number));
  int acknowledged = 0;
  log_->append(sample_reward(1),
               [&](const Result<bool>& is_new) { acknowledged += is_new ? 1 : 0; });
  reopen();
  EXPECT_EQ(acknowledged, 1);
  for (std::uint32_t number = 0; number < 1000; number += 37) {
    EXPECT_TRUE(log_->find_decision(id_of(number))) << number;
  }
}

// Goal: what was acknowledged is there after kill -9, and a repeated delivery is no second event.
TEST_P(LogContract, KilledProcessLosesNothingThatWasAcknowledged) {
  log_.reset();
  std::vector<std::uint32_t> acknowledged;
  for (std::uint32_t round = 0; round < 12; ++round) {
    ChildProcess child({PITH_LOG_CHILD, dir_.file("log.db"), std::to_string(round * 1000)});
    for (std::uint32_t i = 0; i < 5 + round; ++i) {
      const std::string line = child.line();
      ASSERT_NE(line, "");
      acknowledged.push_back(static_cast<std::uint32_t>(std::stoul(line)));
    }
    child.kill_now();
  }
  reopen();
  std::atomic<std::uint32_t> known{0};
  for (const std::uint32_t number : acknowledged) {
    log_->append(sample_reward(number),
                 [&](const Result<bool>& is_new) { known += is_new && !*is_new ? 1 : 0; });
  }
  log_->flush();
  EXPECT_EQ(known, acknowledged.size());
}

}  // namespace
}  // namespace pith
