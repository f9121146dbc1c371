// Scores of chunks that the network has seen, by what is in them.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

namespace pith {

/// 128 bits of the SHA-256 of a chunk's ids and features: no two chunks that anyone finds have the
/// same.
struct ChunkKey {
  std::array<std::uint8_t, 16> bytes{};
  static ChunkKey of(std::span<const std::int32_t> ids,
                     std::span<const std::int32_t> features = {});
  friend bool operator==(const ChunkKey&, const ChunkKey&) = default;
};

struct ChunkKeyHash {
  std::size_t operator()(const ChunkKey& key) const {
    std::size_t hash = 0;
    std::memcpy(&hash, key.bytes.data(), sizeof(hash));
    return hash;
  }
};

/// Keeps what was used last within `bytes_max`. Thread-safe.
class ScoreMemo {
 public:
  using Scores = std::shared_ptr<const std::vector<float>>;

  explicit ScoreMemo(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Null when it is not there (any more).
  Scores find(const ChunkKey& key);
  void store(const ChunkKey& key, Scores scores);

  /// What the entries take, their places in the tables included.
  std::size_t bytes() const;
  std::size_t size() const;

 private:
  struct Entry {
    ChunkKey key;
    Scores scores;
  };
  using Entries = std::list<Entry>;
  static std::size_t bytes_of(const Entry& entry);

  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  Entries entries_;  ///< The last used first.
  std::unordered_map<ChunkKey, Entries::iterator, ChunkKeyHash> places_;
  std::size_t bytes_ = 0;
};

}  // namespace pith
