// What the memo keeps in memory: whole conversations, so that "not there" is known as surely as
// "there".
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "apps/memo/memo.h"
#include "apps/memo/memo_store.h"

namespace pith {

/// The keyed hash is uniform already: its first bytes are hash enough.
struct KeyedHashHash {
  std::size_t operator()(const KeyedHash& hash) const;
};

/// Bounded, least recently used conversations go first. Thread-safe.
///
/// Exactness: an entry is "loaded" when it holds every committed row of its conversation. While
/// find() reads the database without the lock, a place holder stands in the cache, and the writer
/// adds what it commits meanwhile there.
class MemoCache {
 public:
  using Form = std::shared_ptr<const SentForm>;

  explicit MemoCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  struct Found {
    std::optional<ConversationStart> start;
    std::vector<Form> forms;  ///< Null: new in this conversation.
    bool touch_due = false;   ///< The database does not know yet that it was used on this day.
  };
  /// Nullopt: not loaded. Then a place holder stands, and end_load() or abandon_load() must follow.
  std::optional<Found> find_or_begin_load(const KeyedHash& conversation,
                                          std::span<const KeyedHash> texts, std::int64_t day);
  Found end_load(const KeyedHash& conversation, StoredConversation stored,
                 std::span<const KeyedHash> texts, std::int64_t day);
  void abandon_load(const KeyedHash& conversation);

  /// The id of a conversation that is loaded and in the database, else 0.
  std::int64_t id_of(const KeyedHash& conversation) const;
  /// After COMMIT: these rows stand now.
  void committed(const KeyedHash& conversation, std::int64_t id, const ConversationStart& start,
                 std::int64_t day, const std::vector<std::pair<KeyedHash, Form>>& texts);
  /// A touch that touch_due asked for is written, or will not be.
  void touched(const KeyedHash& conversation);

  /// Drops those of `old` that nobody used since `day`, and calls `erase` with them before anybody
  /// can look again.
  void forget(std::vector<MemoWriter::Old> old, std::int64_t day,
              const std::function<void(const std::vector<MemoWriter::Old>&)>& erase);

  std::size_t bytes() const;

 private:
  struct Entry {
    bool loaded = false;
    int loaders = 0;
    std::int64_t id = 0;
    std::int64_t touched_day = 0;
    ConversationStart start;
    std::unordered_map<KeyedHash, Form, KeyedHashHash> forms;
    std::size_t bytes = 0;
    std::list<KeyedHash>::iterator place;
  };
  Found look(const KeyedHash& conversation, Entry& entry, std::span<const KeyedHash> texts,
             std::int64_t day);
  void add(Entry& entry, const KeyedHash& text, const Form& form);
  void drop(const KeyedHash& conversation);
  void evict();

  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::unordered_map<KeyedHash, Entry, KeyedHashHash> entries_;
  std::list<KeyedHash> by_use_;  ///< Latest first.
  std::unordered_set<KeyedHash, KeyedHashHash> touching_;
  std::size_t bytes_ = 0;
};

}  // namespace pith
