// Answers on disk, by the hash of what was asked. A process that is killed loses at most the
// answers under way.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "apps/reader/reader.h"
#include "messages/sqlite/database.h"

namespace pith {

using AnswerKey = std::array<std::uint8_t, 32>;
/// sha256 of the URL, a line end and the request's body.
AnswerKey answer_key(std::string_view url, std::string_view body);

/// Holds hashes and answers, not prompts; mode 0600. Several processes may share a file.
/// Thread-safe.
class AnswerCache {
 public:
  /// Makes the file, in a directory of mode 0700 if that is missing. Errors: kStorageFailed,
  /// kInvalidArgument.
  static Result<std::unique_ptr<AnswerCache>> open(const std::string& path);

  Result<std::optional<ReaderAnswer>> find(const AnswerKey& key);
  Result<Done> keep(const AnswerKey& key, const ReaderAnswer& answer);

 private:
  explicit AnswerCache(SqliteDatabase db) : db_(std::move(db)) {}

  std::mutex mutex_;
  SqliteDatabase db_;
  SqliteStatement find_, keep_;
};

}  // namespace pith
