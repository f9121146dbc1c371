// The durable log of decisions and feedback: one interface; SQLite here, Redis Streams joins with online learning.
#pragma once

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

struct LogStats {
  std::uint64_t decisions = 0, rewards = 0, queued = 0, dropped = 0, commits = 0, failures = 0;
};

/// Thread-safe. Appends are queued and grouped: a commit every 20 ms or 256 events.
class Log {
 public:
  virtual ~Log() = default;
  /// Queues; false when the queue is full (10 000) and the oldest greedy decision was dropped for it.
  virtual bool append(Decision decision) = 0;
  /// `done` is called from the writer thread when durable, with true if new, false if the event id was there already.
  virtual void append(Reward reward, std::function<void(Result<bool>)> done) = 0;
  virtual std::optional<Decision> find_decision(std::string_view decision_id) = 0;
  /// Decisions of a conversation, oldest first.
  virtual std::vector<Decision> find_conversation(std::string_view conversation_hex) = 0;
  /// Returns when everything queued so far is durable (or failed).
  virtual void flush() = 0;
  virtual LogStats stats() const = 0;
};

/// Errors: kStorageFailed with the file and SQLite's reason (schema newer than this program, not a database, ...).
Result<std::unique_ptr<Log>> open_sqlite_log(const std::string& path);

}  // namespace pith
