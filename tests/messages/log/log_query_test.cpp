#include "messages/log/log_query.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/messages/log/log_fixture.h"

namespace pith {
namespace {

class LogQueryTest : public testing::Test {
 protected:
  void SetUp() override {
    Result<std::unique_ptr<Log>> log = open_sqlite_log(path_);
    ASSERT_TRUE(log);
    log_ = *std::move(log);
    for (std::uint32_t number = 0; number < 30; ++number) log_->append(sample_decision(number));
    for (std::uint32_t number = 0; number < 30; ++number) log_->append(sample_reward(number), {});
    Reward spoken = sample_reward(99);
    spoken.decision_id.clear();
    spoken.conversation = sample_decision(0).conversation;
    log_->append(spoken, {});
    log_->flush();
  }
  std::vector<std::string> lines(const LogFilter& filter) {
    std::vector<std::string> lines;
    Result<LogQuery> query = LogQuery::open(path_);
    EXPECT_TRUE(query);
    EXPECT_TRUE(query->export_json_lines(filter, [&](std::string_view line) {
      lines.emplace_back(line);
      return true;
    }));
    return lines;
  }
  std::size_t count(const LogFilter& filter = {}) { return lines(filter).size(); }

  TemporaryDir dir_;
  std::string path_ = dir_.file("log.db");
  std::unique_ptr<Log> log_;  // stays open: the queries work beside a running server
};

TEST_F(LogQueryTest, RecentComesNewestFirstAndFiltered) {
  Result<LogQuery> query = LogQuery::open(path_);
  ASSERT_TRUE(query);
  LogFilter filter;
  filter.limit = 3;
  auto recent = query->recent(filter);
  ASSERT_TRUE(recent);
  ASSERT_EQ(recent->size(), 3U);
  EXPECT_TRUE(same((*recent)[0], sample_decision(29)));
  filter.tenant = "even";
  filter.before_us = sample_decision(10).t_us;
  recent = query->recent(filter);
  ASSERT_EQ(recent->size(), 3U);
  EXPECT_EQ((*recent)[0].decision_id, id_of(8));
  filter.api = "ollama-chat";
  EXPECT_TRUE(query->recent(filter)->empty());
  EXPECT_TRUE(same((*query->decision(id_of(4))).value(), sample_decision(4)));
  EXPECT_EQ(query->rewards(id_of(4))->at(0).event_id, sample_reward(4).event_id);
  EXPECT_EQ(query->rewards(sample_decision(0).conversation)->size(), 1U);
  EXPECT_EQ(query->totals()->size(), 2U);
}

TEST_F(LogQueryTest, ExportIsOneJsonObjectALine) {
  const std::vector<std::string> all = lines({});
  ASSERT_EQ(all.size(), 30U);
  EXPECT_EQ(
      all[1],
      R"({"kind":"greedy","decision_id":"0190b5a0-7c3e-7d4f-8a1b-000000000001","conversation":")" +
          sample_decision(1).conversation +
          R"(","tenant":"odd","t_us":1700000001000000,"api":"openai-chat","model":"some-model","policy":")" +
          std::string(64, 'a') +
          R"(","status":"compressed","target_rate":0.5,"tokens_before":1001,"tokens_after":601,)"
          R"("new_tokens_before":500,"new_tokens_after":250,"num_texts":7,"num_new":2,"queue_us":11,)"
          R"("compute_us":222,"total_us":3333,"rewards":[{"event_id":")" +
          sample_reward(1).event_id +
          R"(","of":"decision","metric":"thumbs","source":"user","value":1.0,"weight":1.0,)"
          R"("t_us":1700000100000001,"final":false}]})");
  EXPECT_NE(all[0].find(R"("of":"conversation")"), std::string::npos);
}

TEST_F(LogQueryTest, ExportEscapesAndStopsWhenAsked) {
  Decision decision = sample_decision(77);
  decision.model = "quote \" backslash \\ line\n end";
  log_->append(decision);
  log_->flush();
  LogFilter filter;
  filter.since_us = decision.t_us;
  const auto found = lines(filter);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].find(R"("model":"quote \" backslash \\ line\n end")"), std::string::npos)
      << found[0];

  Result<LogQuery> query = LogQuery::open(path_);
  int taken = 0;
  const auto exported = query->export_json_lines({}, [&](std::string_view) { return ++taken < 5; });
  ASSERT_TRUE(exported);
  EXPECT_EQ(*exported, 5U);
}

TEST_F(LogQueryTest, ExportReadsBeyondOnePiece) {
  for (std::uint32_t number = 100; number < 2600; ++number) log_->append(sample_decision(number));
  log_->flush();
  EXPECT_EQ(count(), 2530U);
}

TEST_F(LogQueryTest, PurgeByTimeKeepsTheRestAndTheSums) {
  LogPurge purge;
  purge.before_us = sample_decision(10).t_us;
  const auto purged = purge_log(path_, purge);
  ASSERT_TRUE(purged) << purged.error().detail;
  EXPECT_EQ(purged->decisions, 10U);
  EXPECT_EQ(purged->rewards, 10U);
  EXPECT_EQ(count(), 20U);
  EXPECT_EQ(log_->totals().at(0).decisions, 15U);
  EXPECT_FALSE(log_->find_decision(id_of(9)));
  EXPECT_TRUE(log_->find_decision(id_of(10)));
  // The server writes on.
  log_->append(sample_decision(500));
  EXPECT_TRUE(append_now(*log_, sample_reward(500)));
}

TEST_F(LogQueryTest, PurgeOfATenantLeavesNoTraceOfIt) {
  Decision decision = sample_decision(1000);
  decision.tenant = "canary-tenant";
  decision.conversation = "canary-conversation";
  Reward reward = sample_reward(1000);
  reward.decision_id.clear();
  reward.conversation = decision.conversation;
  reward.event_id = "canary-event";
  log_->append(decision);
  log_->append(reward, {});
  log_->flush();
  LogPurge purge;
  purge.tenant = "canary-tenant";
  const auto purged = purge_log(path_, purge);
  ASSERT_TRUE(purged);
  EXPECT_EQ(purged->decisions, 1U);
  EXPECT_EQ(purged->rewards, 1U);
  EXPECT_EQ(log_->totals().size(), 2U);
  EXPECT_EQ(count(), 30U);
  log_.reset();
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    std::stringstream content;
    content << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    EXPECT_EQ(content.str().find("canary"), std::string::npos) << entry.path();
  }
}

TEST_F(LogQueryTest, PurgeOfEverythingMustBeMeant) {
  const auto purged = purge_log(path_, {});
  ASSERT_FALSE(purged);
  EXPECT_EQ(purged.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(count(), 30U);
}

TEST(LogQueryOpen, RefusesWhatIsNoLog) {
  const TemporaryDir dir;
  EXPECT_FALSE(LogQuery::open(dir.file("absent.db")));
  EXPECT_FALSE(std::filesystem::exists(dir.file("absent.db")));
  std::ofstream(dir.file("text.db")) << std::string(5000, 'x');
  EXPECT_FALSE(LogQuery::open(dir.file("text.db")));
  EXPECT_FALSE(purge_log(dir.file("absent.db"), {"tenant", 0}));
}

}  // namespace
}  // namespace pith
