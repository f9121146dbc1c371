// What `pith log` asks of the log file; works beside a running server.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/log/log.h"
#include "messages/log/log_tables.h"

namespace pith {

/// Reads the log of another process or of none. One thread at a time.
class LogQuery {
 public:
  /// Errors: kStorageFailed (missing, not a log, of another schema version).
  static Result<LogQuery> open(const std::string& path);

  Result<std::optional<Decision>> decision(std::string_view decision_id);
  /// Newest first.
  Result<std::vector<Decision>> recent(const LogFilter& filter);
  Result<std::vector<Decision>> conversation(std::string_view conversation);
  /// Of a decision id or a conversation.
  Result<std::vector<Reward>> rewards(std::string_view subject);
  Result<std::vector<LogTotals>> totals();

  /// Decisions, oldest first, one JSON object a line without the newline, each with its own rewards
  /// and those of its conversation in "rewards"; `line` returns false to stop. No limit but the
  /// filter's other fields. Returns the number of lines.
  Result<std::uint64_t> export_json_lines(const LogFilter& filter,
                                          const std::function<bool(std::string_view)>& line);

 private:
  LogQuery(std::unique_ptr<SqliteDatabase> db, LogTableReader reader)
      : db_(std::move(db)), reader_(std::move(reader)) {}

  std::unique_ptr<SqliteDatabase> db_;  ///< On the heap: statements point to it.
  LogTableReader reader_;
};

struct LogPurge {
  std::string tenant;          ///< Empty: all tenants.
  std::int64_t before_us = 0;  ///< 0: of any time. At least one of the two must be given.
};

struct LogPurged {
  std::uint64_t decisions = 0, rewards = 0;
};

/// Deletes decisions and their feedback in small pieces, so that a running server goes on, and
/// overwrites what they held. Daily sums stay, unless a tenant is purged whole.
/// Errors: kInvalidArgument (nothing given), kStorageFailed; what was deleted by then stays
/// deleted.
Result<LogPurged> purge_log(const std::string& path, const LogPurge& purge);

}  // namespace pith
