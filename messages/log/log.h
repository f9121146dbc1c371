// The durable log of decisions and feedback: one interface; SQLite here, Redis Streams joins with
// online learning.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/decision.h"
#include "messages/result.h"
#include "messages/reward.h"

namespace pith {

/// Stable lower-case name: "greedy", "explore", ...
std::string_view to_string(DecisionKind kind);

/// Of this process, since its start.
struct LogStats {
  std::uint64_t decisions = 0;  ///< New decisions made durable.
  std::uint64_t rewards = 0;    ///< New rewards made durable.
  std::uint64_t queued = 0;     ///< Waiting now.
  std::uint64_t dropped = 0;    ///< Decisions lost because the queue was full.
  std::uint64_t commits = 0;
  std::uint64_t failures = 0;    ///< Commits that failed: the disk is full, the file locked, ...
  std::uint64_t duplicates = 0;  ///< Events whose id was there already.
  std::uint64_t refused = 0;  ///< Events with impossible values, and rewards that met a full queue.
  bool failing = false;       ///< The last commit failed: decisions wait, rewards are refused.
};

/// Sums over all live decisions ever logged, of one API and tenant. Shadow decisions do not count.
struct LogTotals {
  std::string api, tenant;
  std::uint64_t decisions = 0;
  std::uint64_t tokens_before = 0, tokens_after = 0;
  std::uint64_t new_tokens_before = 0, new_tokens_after = 0;
  friend bool operator==(const LogTotals&, const LogTotals&) = default;
};

/// Thread-safe. Appends are queued and grouped: a commit every 20 ms or 256 events. What cannot be
/// made durable is never acknowledged: while commits fail, decisions wait in the queue and are
/// tried again, and rewards are refused, so that their senders repeat them.
class Log {
 public:
  virtual ~Log() = default;
  /// Queues; false when the queue is full (10 000) and the oldest greedy decision was dropped for
  /// it. Never blocks on the disk. A decision id that is there already changes nothing.
  virtual bool append(Decision decision) = 0;
  /// `done` is called from the writer thread when durable, with true if new, false if the event id
  /// was there already. Errors: kInvalidArgument (a value that is not finite, not exactly one of
  /// decision and conversation, an overlong name), kOverloaded, kStorageFailed; safe to repeat.
  virtual void append(Reward reward, std::function<void(Result<bool>)> done) = 0;
  /// Also those that are queued still.
  virtual std::optional<Decision> find_decision(std::string_view decision_id) = 0;
  /// Decisions of a conversation, oldest first; also those that are queued still.
  virtual std::vector<Decision> find_conversation(std::string_view conversation_hex) = 0;
  /// Returns when everything queued so far is durable (or failed).
  virtual void flush() = 0;
  virtual LogStats stats() const = 0;
  /// All time, from the log itself; by API, then tenant.
  virtual std::vector<LogTotals> totals() { return {}; }
};

struct SqliteLogOptions {
  std::string path;
  std::chrono::milliseconds group_window{20};
  std::size_t group_max = 256;
  std::size_t queue_max = 10'000;
  std::chrono::milliseconds retry_min{100}, retry_max{5'000};  ///< After a failed commit; doubles.
  int busy_ms = 2'000;                                         ///< Wait for another process's lock.
  std::uint32_t page_count_max = 0;  ///< 0: no limit. For tests of a full disk.
};

/// WAL with synchronous=FULL: what was acknowledged survives loss of power.
/// Errors: kStorageFailed with the file and SQLite's reason (schema newer than this program, not a
/// database, ...).
Result<std::unique_ptr<Log>> open_sqlite_log(SqliteLogOptions options);
Result<std::unique_ptr<Log>> open_sqlite_log(const std::string& path);

}  // namespace pith
