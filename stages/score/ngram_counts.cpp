#include "stages/score/ngram_counts.h"

#include <tbb/parallel_sort.h>

#include <cassert>

#include "stages/score/ngram_format.h"

namespace pith::ngram {
namespace {

Counts highest_order(std::span<const std::uint16_t> stream, int order) {
  const Key mask = order == 4 ? ~Key{0} : (Key{1} << (kBitsPerPiece * order)) - 1;
  std::vector<Key> windows;
  windows.reserve(stream.size());
  Key window = mask;
  for (const std::uint16_t piece : stream) {
    if (piece == kTextStart) {
      window = mask;  // kTextStart in every place.
      continue;
    }
    window = ((window << kBitsPerPiece) | piece) & mask;
    windows.push_back(window);
  }
  tbb::parallel_sort(windows.begin(), windows.end());

  Counts counts;
  counts.n = order;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    if (i == 0 || windows[i] != windows[i - 1]) {
      counts.keys.push_back(windows[i]);
      counts.seen.push_back(0);
    }
    ++counts.seen.back();
  }
  counts.weight = counts.seen;
  return counts;
}

Counts next_lower_order(const Counts& higher, Smoothing smoothing) {
  struct Entry {
    Key key;
    std::uint32_t seen;
    bool operator<(const Entry& other) const { return key < other.key; }
  };
  std::vector<Entry> entries(higher.keys.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i] = {suffix_of(higher.keys[i], higher.n), higher.seen[i]};
  }
  tbb::parallel_sort(entries.begin(), entries.end());

  Counts counts;
  counts.n = higher.n - 1;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i == 0 || entries[i].key != entries[i - 1].key) {
      counts.keys.push_back(entries[i].key);
      counts.seen.push_back(0);
      counts.weight.push_back(0);
    }
    counts.seen.back() += entries[i].seen;
    counts.weight.back() += smoothing == Smoothing::kKneserNey ? 1 : entries[i].seen;
  }
  return counts;
}

}  // namespace

std::vector<Counts> count_ngrams(std::span<const std::uint16_t> stream, int order,
                                 Smoothing smoothing) {
  assert(order >= 2 && order <= kOrderMax);
  std::vector<Counts> levels(static_cast<std::size_t>(order));
  levels.back() = highest_order(stream, order);
  for (std::size_t k = levels.size() - 1; k > 0; --k) {
    levels[k - 1] = next_lower_order(levels[k], smoothing);
  }
  return levels;
}

}  // namespace pith::ngram
