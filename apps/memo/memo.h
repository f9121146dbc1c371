// First-arrival memo: what a text of a conversation was first sent as, for ever. Spans and keyed
// hashes, never text.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "messages/byte_span.h"
#include "messages/result.h"

namespace pith {

using KeyedHash = std::array<std::uint8_t, 16>;

/// BLAKE2b-128 as a MAC, keyed with the state directory's secret (32 random bytes, made once, mode
/// 0600).
class HashKey {
 public:
  /// Errors: kFileUnreadable (cut short, not to be created).
  static Result<HashKey> load_or_create(const std::string& state_dir);
  explicit HashKey(std::array<std::uint8_t, 32> key) : key_(key) {}
  /// Of the parts, each length-prefixed, so that ("ab","c") differs from ("a","bc").
  KeyedHash of(std::initializer_list<std::string_view> parts) const;

 private:
  std::array<std::uint8_t, 32> key_;
};

std::string to_hex(const KeyedHash& hash);

/// The first form sent of one text.
struct SentForm {
  bool raw = true;  ///< Sent as it was; kept is empty.
  std::vector<ByteSpan> kept;
  std::vector<RepeatMarker> markers;
  std::uint32_t origin_tokens = 0;
  std::uint32_t compressed_tokens = 0;
  std::string decision_id;  ///< The decision that fixed it.
  friend bool operator==(const SentForm&, const SentForm&) = default;
};

/// What a conversation began with.
struct ConversationStart {
  std::string policy;  ///< Id.
  std::int64_t begun_us = 0;
  friend bool operator==(const ConversationStart&, const ConversationStart&) = default;
};

struct MemoCounters {
  std::uint64_t hits = 0;      ///< find() answered from memory.
  std::uint64_t loads = 0;     ///< find() read the database.
  std::uint64_t commits = 0;   ///< Transactions; each carries one request or more.
  std::uint64_t requests = 0;  ///< commit() calls that stand.
  std::uint64_t failures = 0;  ///< commit() calls that got an error.
  std::uint64_t pruned = 0;    ///< Conversations deleted by age.
  std::uint64_t cache_bytes = 0;
  std::uint64_t queued = 0;
};

/// SQLite (WAL) with one writer thread that groups commits, and a bounded in-memory cache for
/// reads. All functions are thread-safe. A commit survives kill -9 of the process: with
/// synchronous=NORMAL it is in the kernel's page cache before `done`. It is not synced to the disk,
/// so a loss of power may take the last ones; what is left is still consistent.
class Memo {
 public:
  struct Options {
    std::string path;  ///< Of the database file; ":memory:" in tests.
    std::size_t cache_bytes = 64U << 20;
    std::int64_t keep_days = 30;  ///< Conversations untouched for longer are deleted.
    std::chrono::milliseconds prune_every{3'600'000};
    std::uint32_t page_count_max =
        0;  ///< Of the database file; 0: no limit. For tests of a full disk.
    std::function<std::int64_t()> now_us;  ///< Unix time; empty: the system's clock.
  };
  /// Errors: kStorageFailed (not a database, another application's, a newer schema, no room).
  static Result<std::unique_ptr<Memo>> open(Options options);
  /// Commits what is queued, then stops.
  ~Memo();

  /// The forms already fixed for these texts, in order; nullopt where the text is new in this
  /// conversation. One read of the whole conversation the first time, memory after that. Counts as
  /// a touch for keep_days. Errors: kStorageFailed.
  Result<std::vector<std::optional<SentForm>>> find(const KeyedHash& conversation,
                                                    const std::vector<KeyedHash>& texts);
  Result<std::optional<ConversationStart>> find_conversation(const KeyedHash& conversation);

  /// Commits in one transaction; insert-or-ignore per text and for the conversation. `done` is
  /// called from the writer thread after the commit with the forms that now stand (another request
  /// may have been first), in the order of `texts`; on an error nothing was written and the texts
  /// must go out raw. `done` must be quick. The queue is bounded by what the caller has in flight.
  void commit(const KeyedHash& conversation, ConversationStart start,
              std::vector<std::pair<KeyedHash, SentForm>> texts,
              std::function<void(Result<std::vector<SentForm>>)> done);

  /// Texts remembered in all conversations.
  std::uint64_t rows() const;
  MemoCounters counters() const;
  /// Deletes what keep_days allows now instead of at the next prune_every; returns the number of
  /// conversations.
  std::uint64_t prune();

 private:
  class Impl;
  explicit Memo(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pith
