// Smoothed probabilities from counts: interpolated absolute discounting with three discounts per
// order.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "stages/score/ngram_counts.h"

namespace pith::ngram {

/// p(piece | context) of every counted n-gram, and the mass each context leaves to the next lower
/// order:
///   p(w | h) = (c(h w) - D(c)) / c(h) + gamma(h) p(w | h'),
/// with Chen and Goodman's (1998) modified discounts D1, D2, D3+. Over Counts::weight of Kneser-Ney
/// this is interpolated modified Kneser-Ney; over plain counts, interpolated absolute discounting.
struct Estimates {
  int n = 0;
  std::vector<Key> keys;  ///< Sorted, as in Counts.
  std::vector<std::uint32_t> seen;
  std::vector<float> prob;  ///< [num_ngrams]
  std::vector<float>
      removal_cost;  ///< [num_ngrams]: seen * ln(p / (gamma p(w | h'))), nats; level 0: 0.

  /// Index of `key`; it must be there.
  std::size_t find(Key key) const;
  /// Index of `key`, or keys.size().
  std::size_t find_or_end(Key key) const;
};

/// Takes the counts apart on the way, to save memory. Level 0 has all `vocab_size` pieces, counted
/// or not.
std::vector<Estimates> estimate(std::vector<Counts> counts, std::uint32_t vocab_size);

/// D1, D2, D3+ from the numbers of n-grams with weight 1 to 4; safe for tiny inputs.
std::array<double, 3> discounts(const std::array<std::uint64_t, 4>& num_with_weight);

}  // namespace pith::ngram
