// Byte-pair merging of one pre-token.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "stages/tokenize/token_ranks.h"

namespace pith {

/// Longer pieces are cut into stretches of this size, so that memory stays bounded; tiktoken does
/// not cut. Only a single pre-token (one word, one run of symbols) of more than 1 MiB is touched by
/// it.
inline constexpr std::size_t kMergeBytesMax = std::size_t{1} << 20U;

/// The tokens of one piece: repeatedly merges the adjacent pair of lowest rank, the leftmost of
/// equals, as tiktoken does. Keeps its buffers between pieces; use one per thread or call.
class BytePairMerger {
 public:
  explicit BytePairMerger(const TokenRanks& ranks) : ranks_(ranks) {}

  /// Where each token of `piece` ends, ascending; valid until the next call. `piece` is not empty
  /// and is at most kMergeBytesMax long. Time: n^2 with a tiny factor up to 100 bytes, n log n
  /// beyond.
  const std::vector<std::uint32_t>& merge(std::string_view piece);

 private:
  struct Part {
    std::uint32_t begin;
    std::uint32_t rank;  ///< Of this part and the next one together.
  };
  struct Node {
    std::uint32_t previous;
    std::uint32_t next;
    std::uint32_t rank;  ///< Of this node and the next one together; kNoRank also when merged away.
  };
  void merge_short(std::string_view piece);
  void merge_long(std::string_view piece);

  const TokenRanks& ranks_;
  std::vector<Part> parts_;
  std::vector<Node> nodes_;
  std::vector<std::uint64_t> heap_;
  std::vector<std::uint32_t> ends_;
};

}  // namespace pith
