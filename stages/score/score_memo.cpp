#include "stages/score/score_memo.h"

#include <openssl/evp.h>

#include <algorithm>

namespace pith {
namespace {

/// Of an entry beside its scores: nodes of the list and the table, the vector and its counts.
constexpr std::size_t kEntryBytes = 224;

}  // namespace

ChunkKey ChunkKey::of(std::span<const std::int32_t> ids, std::span<const std::int32_t> features) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  unsigned int length = 0;
  // Of one model, so many features a piece: where the ids end is no question.
  std::vector<std::int32_t> all(ids.begin(), ids.end());
  all.insert(all.end(), features.begin(), features.end());
  EVP_Digest(all.data(), all.size() * sizeof(std::int32_t), digest.data(), &length, EVP_sha256(),
             nullptr);
  ChunkKey key;
  std::copy_n(digest.begin(), key.bytes.size(), key.bytes.begin());
  return key;
}

std::size_t ScoreMemo::bytes_of(const Entry& entry) {
  return kEntryBytes + entry.scores->capacity() * sizeof(float);
}

ScoreMemo::Scores ScoreMemo::find(const ChunkKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(key);
  if (found == places_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->scores;
}

void ScoreMemo::store(const ChunkKey& key, Scores scores) {
  Entry entry{key, std::move(scores)};
  const std::size_t bytes = bytes_of(entry);
  if (bytes > bytes_max_) return;
  Entries dropped;  // Freed without the lock.
  const std::lock_guard lock(mutex_);
  if (places_.contains(key)) return;  // Another worker was first, with the same numbers.
  while (bytes_ + bytes > bytes_max_) {
    bytes_ -= bytes_of(entries_.back());
    places_.erase(entries_.back().key);
    dropped.splice(dropped.begin(), entries_, std::prev(entries_.end()));
  }
  entries_.push_front(std::move(entry));
  places_.emplace(key, entries_.begin());
  bytes_ += bytes;
}

std::size_t ScoreMemo::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::size_t ScoreMemo::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace pith
