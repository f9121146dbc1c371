// The tokens of a byte-pair encoding: bytes -> rank.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "messages/result.h"

namespace pith {

inline constexpr std::uint32_t kNoRank = 0xFFFFFFFFU;

/// A flat open-addressing hash over the token bytes; a token's rank is its id. Const after loading.
class TokenRanks {
 public:
  /// Reads a *.ranks.zst file; models/make_ranks.mjs describes the format.
  /// Errors: kFileUnreadable.
  static Result<TokenRanks> load(const std::string& path);
  /// The same, of the uncompressed bytes. `name` is for the error.
  static Result<TokenRanks> parse(std::string_view raw, const std::string& name);

  /// kNoRank when these bytes are no token.
  std::uint32_t find(std::string_view bytes) const {
    if (bytes.size() > max_bytes_ || bytes.empty()) return kNoRank;
    const std::uint64_t key = key_of(bytes);
    for (std::size_t at = slot_of(key, bytes.size());; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.rank == kNoRank) return kNoRank;
      if (slot.key == key && slot.bytes == bytes.size() &&
          (bytes.size() <= 8 || token(slot.rank) == bytes)) {
        return slot.rank;
      }
    }
  }

  std::string_view token(std::uint32_t rank) const {
    return std::string_view(pool_).substr(begins_[rank], begins_[rank + 1] - begins_[rank]);
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(begins_.size()) - 1; }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t rank = kNoRank;
    std::uint32_t bytes = 0;
  };
  TokenRanks() = default;
  /// With the length, unique up to 8 bytes; a hash beyond.
  static std::uint64_t key_of(std::string_view bytes);
  std::size_t slot_of(std::uint64_t key, std::size_t bytes) const {
    return static_cast<std::size_t>(((key ^ (bytes << 56U)) * 0x9E3779B97F4A7C15U) >> shift_);
  }
  bool insert(std::uint32_t rank);

  std::string pool_;
  std::vector<std::uint32_t> begins_;
  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
  unsigned shift_ = 0;
  std::size_t max_bytes_ = 0;
};

}  // namespace pith
