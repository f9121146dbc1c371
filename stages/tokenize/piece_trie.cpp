#include "stages/tokenize/piece_trie.h"

#include <algorithm>

namespace pith {
namespace {

using Pieces = std::vector<std::pair<std::string, std::int32_t>>;

/// Of the trie of these sorted pieces: the root, and of every piece what the one before it has not.
std::size_t num_nodes(const Pieces& pieces) {
  std::size_t nodes = 1;
  std::string_view before;
  for (const auto& [spelling, id] : pieces) {
    const auto differ =
        std::mismatch(before.begin(), before.end(), spelling.begin(), spelling.end());
    nodes += static_cast<std::size_t>(spelling.end() - differ.second);
    before = spelling;
  }
  return nodes;
}

}  // namespace

PieceTrie::PieceTrie(std::vector<std::pair<std::string, std::int32_t>> pieces) {
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  nodes_.reserve(num_nodes(pieces));
  nodes_.emplace_back();
  // The pieces that share the spelling of each node of the level that gets its children, in the
  // nodes' order.
  struct Range {
    std::size_t begin, end;
  };
  std::vector<Range> level{{0, pieces.size()}};
  std::vector<Range> next_level;
  std::size_t node = 0;
  for (std::size_t depth = 0; !level.empty(); ++depth) {
    for (auto [at, end] : level) {
      for (; at < end && pieces[at].first.size() == depth; ++at) {
        if (depth > 0) nodes_[node].id = pieces[at].second;
      }
      nodes_[node].first_child = static_cast<std::uint32_t>(nodes_.size());
      while (at < end) {
        const char byte = pieces[at].first[depth];
        std::size_t next = at + 1;
        while (next < end && pieces[next].first[depth] == byte) ++next;
        next_level.push_back({at, next});
        nodes_.push_back({0, kNoId, 0, static_cast<unsigned char>(byte)});
        ++nodes_[node].children;
        at = next;
      }
      ++node;
    }
    level.swap(next_level);
    next_level.clear();
  }
}

std::uint32_t PieceTrie::child(std::uint32_t node, char byte) const {
  const auto wanted = static_cast<unsigned char>(byte);
  std::uint32_t low = nodes_[node].first_child;
  std::uint32_t high = low + nodes_[node].children;
  while (low < high) {
    const std::uint32_t middle = (low + high) / 2;
    if (nodes_[middle].byte == wanted) return middle;
    if (nodes_[middle].byte < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return kNone;
}

std::uint32_t PieceTrie::descend(std::uint32_t node, std::string_view bytes) const {
  for (const char byte : bytes) {
    if (node == kNone) break;
    node = child(node, byte);
  }
  return node;
}

std::int32_t PieceTrie::find(std::string_view spelling) const {
  const std::uint32_t node = descend(kRoot, spelling);
  return node == kNone ? kNoId : id(node);
}

std::vector<std::string> PieceTrie::spellings(std::size_t ids) const {
  std::vector<std::string> out(ids);
  std::vector<std::pair<std::uint32_t, std::string>> open{{kRoot, ""}};
  while (!open.empty()) {
    const auto [at, spelling] = std::move(open.back());
    open.pop_back();
    const Node& node = nodes_[at];
    if (node.id >= 0 && static_cast<std::size_t>(node.id) < ids) {
      out[static_cast<std::size_t>(node.id)] = spelling;
    }
    for (std::uint32_t child = node.first_child; child < node.first_child + node.children;
         ++child) {
      open.emplace_back(child, spelling + static_cast<char>(nodes_[child].byte));
    }
  }
  return out;
}

PieceTrie::Match PieceTrie::longest(std::uint32_t node, std::string_view text) const {
  Match match;
  for (std::size_t at = 0; at < text.size(); ++at) {
    node = child(node, text[at]);
    if (node == kNone) break;
    if (id(node) != kNoId) match = {at + 1, id(node)};
  }
  return match;
}

}  // namespace pith
