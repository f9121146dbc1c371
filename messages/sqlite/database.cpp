#include "messages/sqlite/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pith {
namespace {

Error statement_error(sqlite3_stmt* statement, int code) {
  sqlite3* db = sqlite3_db_handle(statement);
  const char* file = sqlite3_db_filename(db, "main");
  const char* reason = sqlite3_errcode(db) == SQLITE_OK ? sqlite3_errstr(code) : sqlite3_errmsg(db);
  return Error{ErrorCode::kStorageFailed, std::string(file != nullptr ? file : "database") + ": " +
                                              reason + " (sqlite " + std::to_string(code) + ")"};
}

}  // namespace

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void SqliteStatement::note(int code) {
  if (code != SQLITE_OK && bind_code_ == SQLITE_OK) bind_code_ = code;
}

SqliteStatement& SqliteStatement::bind(int index, std::int64_t value) {
  note(sqlite3_bind_int64(statement_.get(), index, value));
  return *this;
}

SqliteStatement& SqliteStatement::bind(int index, double value) {
  note(sqlite3_bind_double(statement_.get(), index, value));
  return *this;
}

SqliteStatement& SqliteStatement::bind_text(int index, std::string_view text) {
  const char* data = text.data() != nullptr ? text.data() : "";  // a null pointer would bind NULL
  note(sqlite3_bind_text64(statement_.get(), index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

SqliteStatement& SqliteStatement::bind_blob(int index, std::span<const std::uint8_t> bytes) {
  const void* data = bytes.data() != nullptr ? static_cast<const void*>(bytes.data()) : "";
  note(sqlite3_bind_blob64(statement_.get(), index, data, bytes.size(), SQLITE_STATIC));
  return *this;
}

SqliteStatement& SqliteStatement::bind_null(int index) {
  note(sqlite3_bind_null(statement_.get(), index));
  return *this;
}

Result<bool> SqliteStatement::step() {
  if (bind_code_ != SQLITE_OK) return statement_error(statement_.get(), bind_code_);
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return statement_error(statement_.get(), code);
}

Result<Done> SqliteStatement::run() {
  Result<bool> row = step();
  while (row && *row) row = step();
  reset();
  if (!row) return row.error();
  return Done{};
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  bind_code_ = SQLITE_OK;
}

std::int64_t SqliteStatement::int_at(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double SqliteStatement::double_at(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

bool SqliteStatement::null_at(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::string_view SqliteStatement::text_at(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::span<const std::uint8_t> SqliteStatement::blob_at(int column) const {
  const auto* data =
      static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void SqliteDatabase::Close::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

Result<SqliteDatabase> SqliteDatabase::open(const std::string& path, const SqliteOptions& options) {
  const bool in_memory = path == ":memory:";
  if (!in_memory && options.create) {
    // SQLite would make the file by the umask; -wal and -shm take their mode from it.
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) ::close(fd);
  }
  sqlite3* raw = nullptr;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (options.create) flags |= SQLITE_OPEN_CREATE;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  SqliteDatabase db(std::unique_ptr<sqlite3, Close>(raw), path);
  if (code != SQLITE_OK) return db.error("open");
  sqlite3_busy_timeout(raw, options.busy_ms);

  // The first read of the file: "not a database" shows here. SQLite answers with the mode it really
  // has.
  Result<SqliteStatement> mode = db.prepare("PRAGMA journal_mode=WAL");
  if (!mode) return mode.error();
  const Result<bool> row = mode->step();
  if (!row) return row.error();
  if (!in_memory && mode->text_at(0) != "wal") {
    return Error{ErrorCode::kStorageFailed, path + ": the file system does not allow WAL mode"};
  }
  mode->reset();

  std::string pragmas =
      options.sync == SqliteSync::kFull ? "PRAGMA synchronous=FULL;" : "PRAGMA synchronous=NORMAL;";
  pragmas += "PRAGMA temp_store=MEMORY;PRAGMA trusted_schema=OFF;PRAGMA cell_size_check=ON;";
  if (options.page_count_max > 0) {
    pragmas += "PRAGMA max_page_count=" + std::to_string(options.page_count_max) + ";";
  }
  if (options.read_only) pragmas += "PRAGMA query_only=ON;";
  if (const Result<Done> set = db.execute(pragmas.c_str()); !set) return set.error();
  return db;
}

Result<std::int64_t> SqliteDatabase::pragma(const char* sql) {
  Result<SqliteStatement> statement = prepare(sql);
  if (!statement) return statement.error();
  const Result<bool> row = statement->step();
  if (!row) return row.error();
  return statement->int_at(0);
}

Result<Done> SqliteDatabase::check_schema(std::uint32_t application_id, int version) {
  const Result<std::int64_t> found = pragma("PRAGMA user_version");
  if (!found) return found.error();
  const Result<std::int64_t> owner = pragma("PRAGMA application_id");
  if (!owner) return owner.error();
  if (*found != 0 && static_cast<std::uint32_t>(*owner) != application_id) {
    return Error{ErrorCode::kStorageFailed, path_ + ": a database of another kind"};
  }
  if (*found != version) {
    return Error{ErrorCode::kStorageFailed, path_ + ": schema version " + std::to_string(*found) +
                                                " is " + (*found > version ? "newer" : "older") +
                                                " than this program's " + std::to_string(version)};
  }
  return Done{};
}

Result<Done> SqliteDatabase::migrate(std::uint32_t application_id,
                                     std::span<const char* const> steps) {
  const int target = static_cast<int>(steps.size());
  const Result<std::int64_t> version = pragma("PRAGMA user_version");
  if (!version) return version.error();
  if (*version == 0) {
    // Ours only if nobody else's tables are in it.
    const Result<std::int64_t> tables = pragma("SELECT count(*) FROM sqlite_schema");
    if (!tables) return tables.error();
    if (*tables != 0)
      return Error{ErrorCode::kStorageFailed, path_ + ": a database of another kind"};
  } else if (*version < 0 || *version >= target) {
    return check_schema(application_id, target);
  } else if (const Result<Done> ours = check_schema(application_id, static_cast<int>(*version));
             !ours) {
    return ours.error();
  }
  for (int step = static_cast<int>(*version); step < target; ++step) {
    const Result<Done> done = transaction([&]() -> Result<Done> {
      if (const Result<Done> made = execute(steps[static_cast<std::size_t>(step)]); !made)
        return made;
      const std::string mark = "PRAGMA application_id=" + std::to_string(application_id) +
                               ";PRAGMA user_version=" + std::to_string(step + 1);
      return execute(mark.c_str());
    });
    if (!done) return done.error();
  }
  return Done{};
}

Result<Done> SqliteDatabase::execute(const char* sql) {
  if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return error("execute");
  return Done{};
}

Result<SqliteStatement> SqliteDatabase::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return error("prepare");
  return SqliteStatement(statement);
}

Result<Done> SqliteDatabase::transaction(const std::function<Result<Done>()>& body) {
  Result<Done> done = execute("BEGIN IMMEDIATE");
  if (!done) return done;
  done = body();
  if (done) done = execute("COMMIT");
  // Some failures have rolled back already; then there is nothing to undo.
  if (!done && sqlite3_get_autocommit(db_.get()) == 0) {
    const Result<Done> undone = execute("ROLLBACK");
    assert(undone || sqlite3_get_autocommit(db_.get()) != 0);
  }
  return done;
}

std::int64_t SqliteDatabase::changes() const { return sqlite3_changes64(db_.get()); }

std::int64_t SqliteDatabase::last_insert_id() const { return sqlite3_last_insert_rowid(db_.get()); }

bool SqliteDatabase::failed_by_value() const {
  const int code = sqlite3_errcode(db_.get()) & 0xFF;
  return code == SQLITE_CONSTRAINT || code == SQLITE_TOOBIG || code == SQLITE_MISMATCH;
}

void SqliteDatabase::checkpoint_by_hand(std::function<void(int)>* on_commit) {
  sqlite3_wal_hook(
      db_.get(),
      [](void* hook, sqlite3*, const char*, int pages) {
        (*static_cast<std::function<void(int)>*>(hook))(pages);
        return SQLITE_OK;
      },
      on_commit);
}

Result<Done> SqliteDatabase::checkpoint(bool restart) {
  const int mode = restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
  const int code = sqlite3_wal_checkpoint_v2(db_.get(), nullptr, mode, nullptr, nullptr);
  // Busy: another connection checkpoints or reads just now; the next round will do it.
  if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY) return error("checkpoint");
  return Done{};
}

Error SqliteDatabase::error(std::string_view what) const {
  const int code = sqlite3_extended_errcode(db_.get());
  return Error{ErrorCode::kStorageFailed, path_ + ": cannot " + std::string(what) + ": " +
                                              sqlite3_errmsg(db_.get()) + " (sqlite " +
                                              std::to_string(code) + ")"};
}

}  // namespace pith
