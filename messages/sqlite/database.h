// SQLite with every result checked: the ground under the memo and the log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "messages/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pith {

/// A prepared statement. Parameters count from 1, columns from 0. Bound texts and blobs are not
/// copied: they must live until the next reset() or run(). A failed bind is reported by the step()
/// that follows.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

  SqliteStatement& bind(int index, std::int64_t value);
  SqliteStatement& bind(int index, double value);
  SqliteStatement& bind_text(int index, std::string_view text);
  SqliteStatement& bind_blob(int index, std::span<const std::uint8_t> bytes);
  SqliteStatement& bind_null(int index);

  /// True: a row is there to be read. False: done. Errors: kStorageFailed.
  Result<bool> step();
  /// Steps to the end and resets. For statements that give no rows.
  Result<Done> run();
  void reset();

  std::int64_t int_at(int column) const;
  double double_at(int column) const;
  bool null_at(int column) const;
  /// Valid until the next step or reset.
  std::string_view text_at(int column) const;
  std::span<const std::uint8_t> blob_at(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  void note(int code);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_code_ = 0;
};

/// Resets a statement on every way out of a scope, so that no read snapshot stays open.
class ResetLater {
 public:
  explicit ResetLater(SqliteStatement& statement) : statement_(statement) {}
  ~ResetLater() { statement_.reset(); }
  ResetLater(const ResetLater&) = delete;
  ResetLater& operator=(const ResetLater&) = delete;

 private:
  SqliteStatement& statement_;
};

enum class SqliteSync : std::uint8_t {
  kNormal,  ///< A commit survives the death of the process; the last ones may be lost with the
            ///< machine's power.
  kFull,    ///< A commit survives loss of power.
};

struct SqliteOptions {
  bool create = true;  ///< False: the file must exist.
  bool read_only =
      false;  ///< Writes are refused (query_only); WAL readers still share its -shm file.
  SqliteSync sync = SqliteSync::kNormal;
  std::uint32_t page_count_max =
      0;               ///< 0: no limit; else SQLITE_FULL beyond it, as on a full disk.
  int busy_ms = 5000;  ///< Wait for another process's lock.
};

/// One connection, in WAL mode, for one thread at a time. New files get mode 0600.
class SqliteDatabase {
 public:
  /// Errors: kStorageFailed with the path and SQLite's reason.
  static Result<SqliteDatabase> open(const std::string& path, const SqliteOptions& options);

  /// Brings the schema up to `steps.size()`: step i leads from version i to i + 1, each in a
  /// transaction. Errors: kStorageFailed, also when the file belongs to another application or a
  /// newer program wrote it.
  Result<Done> migrate(std::uint32_t application_id, std::span<const char* const> steps);
  /// As migrate(), but only looks. Errors: as above, and when the schema is older.
  Result<Done> check_schema(std::uint32_t application_id, int version);

  Result<Done> execute(const char* sql);
  Result<SqliteStatement> prepare(std::string_view sql);
  /// BEGIN IMMEDIATE, `body`, COMMIT; ROLLBACK when any of them fails, so that all of it stands or
  /// nothing.
  Result<Done> transaction(const std::function<Result<Done>()>& body);

  /// Rows changed by the last INSERT, UPDATE or DELETE that completed.
  std::int64_t changes() const;
  std::int64_t last_insert_id() const;
  /// The last failure was the statement's own (a constraint, a value too big), not the storage's:
  /// others may go on.
  bool failed_by_value() const;

  /// From here on the WAL is checkpointed only when asked; `on_commit` is told its length after
  /// each commit. `on_commit` must stay where it is as long as the connection.
  void checkpoint_by_hand(std::function<void(int wal_pages)>* on_commit);
  /// Copies what it can into the database without waiting; `restart`: waits for others, so that the
  /// WAL starts anew.
  Result<Done> checkpoint(bool restart);

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  SqliteDatabase(std::unique_ptr<sqlite3, Close> db, std::string path)
      : db_(std::move(db)), path_(std::move(path)) {}
  Error error(std::string_view what) const;
  Result<std::int64_t> pragma(const char* sql);

  std::unique_ptr<sqlite3, Close> db_;
  std::string path_;
};

}  // namespace pith
