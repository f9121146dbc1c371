#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "messages/sqlite/database.h"
#include "tests/messages/log/log_fixture.h"

namespace pith {
namespace {

using std::chrono::milliseconds;

std::unique_ptr<Log> open_log(SqliteLogOptions options) {
  Result<std::unique_ptr<Log>> log = open_sqlite_log(std::move(options));
  return log ? *std::move(log) : nullptr;
}

SqliteLogOptions options_in(const TemporaryDir& dir) {
  SqliteLogOptions options;
  options.path = dir.file("log.db");
  options.busy_ms = 1;
  options.retry_min = milliseconds(5);
  options.retry_max = milliseconds(20);
  return options;
}

/// Holds the write lock of the log file, as a stuck process would.
class WriteLock {
 public:
  explicit WriteLock(const TemporaryDir& dir) {
    Result<SqliteDatabase> db = SqliteDatabase::open(dir.file("log.db"), {});
    EXPECT_TRUE(db && db->execute("BEGIN IMMEDIATE"));
    db_.emplace(*std::move(db));
  }
  void release() { EXPECT_TRUE(db_->execute("ROLLBACK")); }

 private:
  std::optional<SqliteDatabase> db_;
};

TEST(SqliteLog, EventsOfAWindowShareACommit) {
  const TemporaryDir dir;
  SqliteLogOptions options = options_in(dir);
  options.group_window = std::chrono::hours(1);
  const auto log = open_log(options);
  for (std::uint32_t number = 0; number < 100; ++number) log->append(sample_decision(number));
  log->flush();
  EXPECT_EQ(log->stats().commits, 1U);
  for (std::uint32_t number = 100; number < 356; ++number) log->append(sample_decision(number));
  for (int i = 0; i < 5000 && log->stats().commits < 2; ++i) {
    std::this_thread::sleep_for(milliseconds(1));  // 256 events do not wait for the window
  }
  EXPECT_EQ(log->stats().commits, 2U);
  EXPECT_EQ(log->stats().decisions, 356U);
}

TEST(SqliteLog, WindowEndsByItself) {
  const TemporaryDir dir;
  const auto log = open_log(options_in(dir));
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(append_now(*log, sample_reward(1)));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(19));
}

TEST(SqliteLog, WhileCommitsFailRewardsAreRefusedAndDecisionsWait) {
  const TemporaryDir dir;
  const auto log = open_log(options_in(dir));
  WriteLock lock(dir);
  log->append(sample_decision(1));
  log->flush();  // returns though it failed
  EXPECT_TRUE(log->stats().failing);
  const Result<bool> refused = append_now(*log, sample_reward(1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kStorageFailed);
  EXPECT_TRUE(log->find_decision(id_of(1)));
  EXPECT_EQ(log->stats().decisions, 0U);
  EXPECT_GE(log->stats().failures, 1U);
  lock.release();
  for (int i = 0; i < 5000 && log->stats().decisions == 0; ++i) {
    std::this_thread::sleep_for(milliseconds(1));  // it tries again by itself
  }
  EXPECT_EQ(log->stats().decisions, 1U);
  EXPECT_FALSE(log->stats().failing);
  const Result<bool> accepted = append_now(*log, sample_reward(1));
  ASSERT_TRUE(accepted);
  EXPECT_TRUE(*accepted);
}

TEST(SqliteLog, FullQueueDropsOldestGreedyAndSaysSo) {
  const TemporaryDir dir;
  SqliteLogOptions options = options_in(dir);
  options.queue_max = 100;
  options.retry_min = options.retry_max = std::chrono::hours(1);
  const auto log = open_log(options);
  {
    WriteLock lock(dir);
    log->append(sample_decision(1000, DecisionKind::kExplore));
    log->flush();
    for (std::uint32_t number = 0; number < 99; ++number) {
      ASSERT_TRUE(log->append(sample_decision(number)));
    }
    for (std::uint32_t number = 99; number < 150; ++number) {
      ASSERT_FALSE(log->append(sample_decision(number)));
    }
    EXPECT_EQ(log->stats().dropped, 51U);
    EXPECT_EQ(log->stats().queued, 100U);
    EXPECT_FALSE(log->find_decision(id_of(50)));
    EXPECT_TRUE(log->find_decision(id_of(51)));
    lock.release();
  }
  log->flush();
  EXPECT_EQ(log->stats().decisions, 100U);
  EXPECT_TRUE(log->find_decision(id_of(1000)));
  EXPECT_FALSE(log->find_decision(id_of(50)));
}

TEST(SqliteLog, FullDiskStopsAcknowledgingAndLosesNothingThatWas) {
  const TemporaryDir dir;
  SqliteLogOptions options = options_in(dir);
  options.page_count_max = 60;
  std::uint32_t acknowledged = 0;
  {
    const auto log = open_log(options);
    for (std::uint32_t number = 0; number < 5000; ++number) {
      std::atomic<bool> good{false};
      log->append(sample_reward(number), [&](const Result<bool>& is_new) {
        good = is_new && *is_new;
        if (!is_new) {
          EXPECT_EQ(is_new.error().code, ErrorCode::kStorageFailed);
        }
      });
      log->flush();
      if (!good) break;
      ++acknowledged;
    }
    EXPECT_LT(acknowledged, 5000U);
    EXPECT_TRUE(log->stats().failing);
  }
  options.page_count_max = 0;
  const auto log = open_log(options);
  std::atomic<std::uint32_t> known{0}, unknown{0};
  for (std::uint32_t number = 0; number < acknowledged + 1; ++number) {
    log->append(sample_reward(number), [&](const Result<bool>& is_new) {
      ASSERT_TRUE(is_new);
      ++(*is_new ? unknown : known);
    });
  }
  log->flush();
  EXPECT_EQ(known, acknowledged);
  EXPECT_EQ(unknown, 1U);
}

TEST(SqliteLog, RefusesWhatIsNoLogOrNewer) {
  const TemporaryDir dir;
  std::ofstream(dir.file("text.db")) << std::string(5000, 'x');
  EXPECT_FALSE(open_sqlite_log(dir.file("text.db")));
  EXPECT_FALSE(open_sqlite_log(dir.file("absent/log.db")));
  ASSERT_TRUE(open_sqlite_log(dir.file("log.db")));
  {
    auto db = SqliteDatabase::open(dir.file("log.db"), {});
    ASSERT_TRUE(db && db->execute("PRAGMA user_version=5"));
  }
  const auto newer = open_sqlite_log(dir.file("log.db"));
  ASSERT_FALSE(newer);
  EXPECT_NE(newer.error().detail.find("schema version 5 is newer"), std::string::npos);
}

}  // namespace
}  // namespace pith
