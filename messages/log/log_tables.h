// The log's tables in SQLite, and the statements over them.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "messages/log/log.h"
#include "messages/sqlite/database.h"

namespace pith {

inline constexpr std::uint32_t kLogApplicationId = 0x50495448;  // "PITH"
inline constexpr int kLogSchemaVersion = 1;

/// Creates or upgrades. Errors: kStorageFailed.
Result<SqliteDatabase> open_log_database(const std::string& path, const SqliteOptions& options);

/// Which decisions. Empty texts: any.
struct LogFilter {
  std::string tenant, api;
  std::int64_t since_us = std::numeric_limits<std::int64_t>::min();   ///< Inclusive.
  std::int64_t before_us = std::numeric_limits<std::int64_t>::max();  ///< Exclusive.
  std::size_t limit = 100;
};

/// Inside one transaction of the writer.
class LogWriter {
 public:
  static Result<LogWriter> prepare(SqliteDatabase& db);

  enum class Put : std::uint8_t {
    kNew,
    kDuplicate,
    kImpossible,  ///< SQLite refuses this value; the transaction goes on without it.
  };
  Result<Put> put(const Decision& decision);
  Result<Put> put(const Reward& reward);
  /// Adds what put(Decision) counted to the day's sums. To be called once before COMMIT.
  Result<Done> add_totals();
  /// Forgets what was counted, after a ROLLBACK.
  void discard_totals() { totals_.clear(); }

 private:
  Result<Put> inserted(const Result<Done>& ran);

  SqliteDatabase* db_ = nullptr;
  SqliteStatement decision_, reward_, total_;
  std::map<std::tuple<std::int64_t, std::string, std::string>, LogTotals>
      totals_;  ///< By day, tenant, api.
};

/// One thread at a time.
class LogTableReader {
 public:
  static Result<LogTableReader> prepare(SqliteDatabase& db);

  Result<std::optional<Decision>> decision(std::string_view decision_id);
  /// Oldest first.
  Result<std::vector<Decision>> conversation(std::string_view conversation);
  /// Newest first.
  Result<std::vector<Decision>> recent(const LogFilter& filter);
  /// Rewards of a decision, or of a conversation, oldest first.
  Result<std::vector<Reward>> rewards(std::string_view subject);
  Result<std::vector<LogTotals>> totals();

 private:
  Result<std::vector<Decision>> decisions(SqliteStatement& statement);

  SqliteStatement decision_, conversation_, recent_, rewards_, totals_;
};

}  // namespace pith
