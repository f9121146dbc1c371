// Spellings of a vocabulary and their ids, walked byte by byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pith {

/// Breadth-first trie: the children of a node lie side by side, sorted by their byte. Memory: 12
/// bytes a byte of the spellings at most.
class PieceTrie {
 public:
  static constexpr std::uint32_t kRoot = 0;
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;
  static constexpr std::int32_t kNoId = -1;

  PieceTrie() : nodes_(1) {}
  /// Of a spelling that occurs twice the later id counts; the empty spelling is left out.
  explicit PieceTrie(std::vector<std::pair<std::string, std::int32_t>> pieces);

  /// The node one byte further, or kNone.
  std::uint32_t child(std::uint32_t node, char byte) const;
  std::uint32_t descend(std::uint32_t node, std::string_view bytes) const;
  /// kNoId where no spelling ends.
  std::int32_t id(std::uint32_t node) const { return nodes_[node].id; }
  std::int32_t find(std::string_view spelling) const;

  /// The spelling of every id below `ids`; empty where there is none.
  std::vector<std::string> spellings(std::size_t ids) const;

  struct Match {
    std::size_t bytes = 0;
    std::int32_t id = kNoId;
  };
  /// The longest spelling below `node`, of at least one byte, that `text` begins with.
  Match longest(std::uint32_t node, std::string_view text) const;

 private:
  struct Node {
    std::uint32_t first_child = 0;
    std::int32_t id = kNoId;
    std::uint16_t children = 0;
    unsigned char byte = 0;
  };
  std::vector<Node> nodes_;
};

}  // namespace pith
