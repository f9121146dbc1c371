// Keeping the n-grams that are worth their bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "stages/score/ngram_estimate.h"

namespace pith::ngram {

/// A level of the model as it will be written.
struct KeptLevel {
  int n = 0;
  std::vector<Key> keys;              ///< Sorted.
  std::vector<float> prob;            ///< [num_ngrams]
  std::vector<std::uint8_t> context;  ///< [num_ngrams]: 1 when longer n-grams follow it.
  /// [num_ngrams]: factor on the next lower order's probability; 1 for what is no context.
  std::vector<float> backoff;

  std::size_t find_or_end(Key key) const;
};

/// Weighted-difference pruning (Seymore and Rosenfeld 1996): drops the n-grams whose loss costs the
/// training text the fewest nats, until the arrays of the file take at most `bytes_max`; contexts
/// of kept n-grams stay. The back-off factors are then chosen so that every distribution sums to
/// one.
std::vector<KeptLevel> prune(std::vector<Estimates> levels, std::uint64_t bytes_max);

/// Bytes that these levels take in a file, without SentencePiece model and header.
std::uint64_t bytes_of(const std::vector<KeptLevel>& levels);

}  // namespace pith::ngram
