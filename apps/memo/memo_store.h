// The memo's tables and statements: what is on disk. Threads and memory are memo.cpp's matter.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/memo/memo.h"
#include "messages/sqlite/database.h"

namespace pith {

/// All that is remembered of a conversation. id 0: nothing.
struct StoredConversation {
  std::int64_t id = 0;
  ConversationStart start;
  std::int64_t touched_day = 0;
  std::vector<std::pair<KeyedHash, std::shared_ptr<const SentForm>>> forms;
};

/// Creates or upgrades the database. Errors: kStorageFailed.
Result<SqliteDatabase> open_memo_database(const Memo::Options& options);

/// Reads, on a connection of its own. One thread at a time.
class MemoReader {
 public:
  static Result<MemoReader> prepare(SqliteDatabase& db);
  /// Errors: kStorageFailed, also for a form that does not decode.
  Result<StoredConversation> load(const KeyedHash& conversation);
  Result<std::uint64_t> rows();

 private:
  SqliteStatement conversation_, forms_, rows_;
};

/// Writes. All but prune functions are called inside one transaction of the same connection.
class MemoWriter {
 public:
  static Result<MemoWriter> prepare(SqliteDatabase& db);

  struct Conversation {
    std::int64_t id = 0;
    ConversationStart start;  ///< The one that stands.
  };
  /// Insert or ignore.
  Result<Conversation> put_conversation(const KeyedHash& hash, const ConversationStart& start,
                                        std::int64_t day);
  /// Insert or ignore. The form that was there before, or null when `form` is now the one.
  Result<std::shared_ptr<const SentForm>> put_text(std::int64_t conversation, const KeyedHash& text,
                                                   const SentForm& form);
  Result<Done> touch(const KeyedHash& conversation, std::int64_t day);
  /// To be called once before COMMIT when put_text made rows.
  Result<Done> add_rows(std::int64_t rows);

  struct Old {
    std::int64_t id = 0;
    KeyedHash hash{};
  };
  /// Looks at up to `limit` conversations with an id above `cursor`; moves it on, to 0 at the end.
  Result<std::vector<Old>> untouched_since(std::int64_t day, std::int64_t& cursor, int limit);
  /// The conversation is forgotten at once; its forms wait for sweep(). Ids are never used again.
  Result<Done> forget(std::int64_t conversation);
  /// Deletes up to `limit` forms of one forgotten conversation. Returns how many; nullopt: nothing
  /// is left to sweep.
  Result<std::optional<std::int64_t>> sweep(int limit);

 private:
  SqliteDatabase* db_ = nullptr;
  SqliteStatement insert_conversation_, find_conversation_, insert_text_, find_text_, touch_,
      add_rows_, untouched_, delete_conversation_, insert_dead_, find_dead_, sweep_, delete_dead_;
};

}  // namespace pith
