#include "stages/tokenize/byte_pair.h"

#include <algorithm>
#include <cassert>
#include <functional>

namespace pith {
namespace {

constexpr std::size_t kShortBytesMax = 100;

}  // namespace

const std::vector<std::uint32_t>& BytePairMerger::merge(std::string_view piece) {
  assert(!piece.empty() && piece.size() <= kMergeBytesMax);
  ends_.clear();
  if (piece.size() <= kShortBytesMax) {
    merge_short(piece);
  } else {
    merge_long(piece);
  }
  return ends_;
}

void BytePairMerger::merge_short(std::string_view piece) {
  const auto n = static_cast<std::uint32_t>(piece.size());
  parts_.clear();
  for (std::uint32_t i = 0; i < n; ++i) {
    parts_.push_back({i, i + 1 < n ? ranks_.find(piece.substr(i, 2)) : kNoRank});
  }
  parts_.push_back({n, kNoRank});  // a wall, so that part i ends where part i + 1 begins
  const auto rank_of = [&](std::size_t first, std::size_t past) {
    if (past >= parts_.size()) return kNoRank;
    return ranks_.find(piece.substr(parts_[first].begin, parts_[past].begin - parts_[first].begin));
  };
  for (;;) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < parts_.size(); ++i) {
      if (parts_[i].rank < parts_[best].rank) best = i;
    }
    if (parts_[best].rank == kNoRank) break;
    parts_.erase(parts_.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    parts_[best].rank = rank_of(best, best + 2);
    if (best > 0) parts_[best - 1].rank = rank_of(best - 1, best + 1);
  }
  for (std::size_t i = 1; i < parts_.size(); ++i) ends_.push_back(parts_[i].begin);
}

void BytePairMerger::merge_long(std::string_view piece) {
  const auto n = static_cast<std::uint32_t>(piece.size());
  // A node begins at its own index. Heap entries are rank and place, least first; an entry whose
  // node has another rank by now is out of date: equal ranks are equal bytes, so nothing else can
  // have changed.
  const auto entry = [](std::uint32_t rank, std::uint32_t at) {
    return std::uint64_t{rank} << 32U | at;
  };
  nodes_.resize(n + 1);
  heap_.clear();
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::uint32_t rank = i + 1 < n ? ranks_.find(piece.substr(i, 2)) : kNoRank;
    nodes_[i] = {i - 1, i + 1, rank};  // the first node's previous is never followed
    if (rank != kNoRank) heap_.push_back(entry(rank, i));
  }
  nodes_[n] = {n - 1, n, kNoRank};
  std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
  const auto set_rank = [&](std::uint32_t at) {
    const std::uint32_t second = nodes_[at].next;
    const std::uint32_t rank =
        second == n ? kNoRank : ranks_.find(piece.substr(at, nodes_[second].next - at));
    nodes_[at].rank = rank;
    if (rank == kNoRank) return;
    heap_.push_back(entry(rank, at));
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  };
  while (!heap_.empty()) {
    const auto at = static_cast<std::uint32_t>(heap_.front());
    const auto rank = static_cast<std::uint32_t>(heap_.front() >> 32U);
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    heap_.pop_back();
    if (nodes_[at].rank != rank) continue;
    const std::uint32_t gone = nodes_[at].next;
    nodes_[at].next = nodes_[gone].next;
    nodes_[nodes_[gone].next].previous = at;
    nodes_[gone].rank = kNoRank;
    set_rank(at);
    if (at > 0) set_rank(nodes_[at].previous);
  }
  for (std::uint32_t at = 0; at < n; at = nodes_[at].next) ends_.push_back(nodes_[at].next);
}

}  // namespace pith
