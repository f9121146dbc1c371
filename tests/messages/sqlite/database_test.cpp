#include "messages/sqlite/database.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>

#include "tests/temporary_dir.h"

namespace pith {
namespace {

constexpr std::uint32_t kOurs = 0x4F555253;

std::int64_t one_int(SqliteDatabase& db, const char* sql) {
  Result<SqliteStatement> statement = db.prepare(sql);
  if (!statement) return -1;
  const Result<bool> row = statement->step();
  return row && *row ? statement->int_at(0) : -2;
}

TEST(SqliteDatabase, FailedTransactionLeavesNothing) {
  auto db = SqliteDatabase::open(":memory:", {});
  ASSERT_TRUE(db && db->execute("CREATE TABLE t (x UNIQUE)"));
  const auto done = db->transaction([&]() -> Result<Done> {
    EXPECT_TRUE(db->execute("INSERT INTO t VALUES (1)"));
    return db->execute("INSERT INTO t VALUES (1)");
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kStorageFailed);
  EXPECT_EQ(one_int(*db, "SELECT count(*) FROM t"), 0);
  EXPECT_TRUE(db->transaction([&] { return db->execute("INSERT INTO t VALUES (1)"); }));
  EXPECT_EQ(one_int(*db, "SELECT count(*) FROM t"), 1);
}

TEST(SqliteDatabase, ConstraintIsTheValuesFault) {
  auto db = SqliteDatabase::open(":memory:", {});
  ASSERT_TRUE(db && db->execute("CREATE TABLE t (x NOT NULL)"));
  auto insert = db->prepare("INSERT INTO t VALUES (?1)");
  ASSERT_TRUE(insert);
  EXPECT_FALSE(insert->bind_null(1).run());
  EXPECT_TRUE(db->failed_by_value());
  EXPECT_FALSE(db->execute("INSERT INTO absent VALUES (1)"));
  EXPECT_FALSE(db->failed_by_value());
}

TEST(SqliteDatabase, BindBeyondTheParametersIsReportedByStep) {
  auto db = SqliteDatabase::open(":memory:", {});
  auto statement = db->prepare("SELECT ?1");
  EXPECT_FALSE(statement->bind(2, std::int64_t{1}).step());
  statement->reset();
  EXPECT_TRUE(statement->bind(1, std::int64_t{1}).step());
}

TEST(SqliteDatabase, EmptyTextAndBlobAreNotNull) {
  auto db = SqliteDatabase::open(":memory:", {});
  auto statement = db->prepare("SELECT ?1 IS NULL, ?2 IS NULL");
  ASSERT_TRUE(statement->bind_text(1, {}).bind_blob(2, {}).step());
  EXPECT_EQ(statement->int_at(0), 0);
  EXPECT_EQ(statement->int_at(1), 0);
}

TEST(SqliteDatabase, NewFileIsPrivateAndSynced) {
  const TemporaryDir dir;
  SqliteOptions options;
  options.sync = SqliteSync::kFull;
  auto db = SqliteDatabase::open(dir.file("x.db"), options);
  ASSERT_TRUE(db);
  struct stat info {};
  ASSERT_EQ(stat(dir.file("x.db").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_EQ(one_int(*db, "PRAGMA synchronous"), 2);
  options.sync = SqliteSync::kNormal;
  auto other = SqliteDatabase::open(dir.file("x.db"), options);
  EXPECT_EQ(one_int(*other, "PRAGMA synchronous"), 1);
}

TEST(SqliteDatabase, ReadOnlyRefusesWrites) {
  const TemporaryDir dir;
  auto db = SqliteDatabase::open(dir.file("x.db"), {});
  ASSERT_TRUE(db && db->execute("CREATE TABLE t (x)"));
  SqliteOptions options;
  options.read_only = true;
  auto reader = SqliteDatabase::open(dir.file("x.db"), options);
  ASSERT_TRUE(reader);
  EXPECT_EQ(one_int(*reader, "SELECT count(*) FROM t"), 0);
  EXPECT_FALSE(reader->execute("INSERT INTO t VALUES (1)"));
  options.create = false;
  EXPECT_FALSE(SqliteDatabase::open(dir.file("absent.db"), options));
}

TEST(SqliteMigrate, TakesEveryStepOnceAndKeepsRows) {
  const TemporaryDir dir;
  const std::array<const char*, 1> old_steps = {"CREATE TABLE t (x); INSERT INTO t VALUES (5);"};
  const std::array<const char*, 2> new_steps = {old_steps[0],
                                                "ALTER TABLE t ADD COLUMN y DEFAULT 7"};
  {
    auto db = SqliteDatabase::open(dir.file("x.db"), {});
    ASSERT_TRUE(db->migrate(kOurs, old_steps));
    ASSERT_TRUE(db->migrate(kOurs, old_steps));
    EXPECT_FALSE(db->check_schema(kOurs, 2));
  }
  auto db = SqliteDatabase::open(dir.file("x.db"), {});
  ASSERT_TRUE(db->migrate(kOurs, new_steps));
  EXPECT_EQ(one_int(*db, "SELECT x + y FROM t"), 12);
  EXPECT_TRUE(db->check_schema(kOurs, 2));
  const auto older_program = db->migrate(kOurs, old_steps);
  ASSERT_FALSE(older_program);
  EXPECT_NE(older_program.error().detail.find("newer"), std::string::npos);
  EXPECT_FALSE(db->migrate(kOurs + 1, new_steps));
}

TEST(SqliteMigrate, FailedStepChangesNothing) {
  auto db = SqliteDatabase::open(":memory:", {});
  const std::array<const char*, 1> steps = {"CREATE TABLE t (x); CREATE TABLE t (x);"};
  EXPECT_FALSE(db->migrate(kOurs, steps));
  EXPECT_EQ(one_int(*db, "SELECT count(*) FROM sqlite_schema"), 0);
  EXPECT_EQ(one_int(*db, "PRAGMA user_version"), 0);
}

}  // namespace
}  // namespace pith
