// First-arrival memo: what a text of a conversation was first sent as, for ever. Spans and keyed hashes, never text.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/byte_span.h"
#include "messages/result.h"

namespace pith {

using KeyedHash = std::array<std::uint8_t, 16>;

/// BLAKE2b-128 or SipHash-like MAC keyed with the state directory's secret (32 random bytes, made once, mode 0600).
class HashKey {
 public:
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
};

/// What a conversation began with.
struct ConversationStart {
  std::string policy;  ///< Id.
  std::int64_t begun_us = 0;
};

/// SQLite (WAL) with one writer thread that groups commits, and a bounded in-memory cache for reads.
/// All functions are thread-safe. A commit survives kill -9 of the process.
class Memo {
 public:
  struct Options {
    std::string path;                      ///< Of the database file; ":memory:" in tests.
    std::size_t cache_bytes = 64U << 20;
    std::int64_t keep_days = 30;           ///< Conversations untouched for longer are deleted.
  };
  static Result<std::unique_ptr<Memo>> open(Options options);
  ~Memo();

  /// The forms already fixed for these texts, in order; nullopt where the text is new in this conversation.
  Result<std::vector<std::optional<SentForm>>> find(const KeyedHash& conversation,
                                                    const std::vector<KeyedHash>& texts);
  Result<std::optional<ConversationStart>> find_conversation(const KeyedHash& conversation);

  /// Commits in one transaction; insert-or-ignore per text and for the conversation. `done` is called from the
  /// writer thread after the commit with the forms that now stand (another request may have been first), in the
  /// order of `texts`; on an error nothing was written and the texts must go out raw.
  void commit(const KeyedHash& conversation, ConversationStart start,
              std::vector<std::pair<KeyedHash, SentForm>> texts,
              std::function<void(Result<std::vector<SentForm>>)> done);

  std::uint64_t rows() const;

 private:
  class Impl;
  explicit Memo(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pith
