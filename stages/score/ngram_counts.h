// Counting n-grams by sorting: the first step of training.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pith::ngram {

/// Separates texts in a token stream, and stands for "before the text" inside keys. Never a piece.
inline constexpr std::uint16_t kTextStart = 0xFFFF;

/// n pieces as one number, the oldest in the highest bits: sorted keys are grouped by context.
using Key = std::uint64_t;
inline constexpr int kBitsPerPiece = 16;

inline Key suffix_of(Key key, int n) {  ///< Without its oldest piece; n pieces before, n >= 2.
  return key & ((Key{1} << (kBitsPerPiece * (n - 1))) - 1);
}
inline Key context_of(Key key) { return key >> kBitsPerPiece; }
inline std::uint16_t last_piece(Key key) { return static_cast<std::uint16_t>(key); }
inline bool begins_before_text(Key key, int n) {
  return (key >> (kBitsPerPiece * (n - 1))) == kTextStart;
}

/// All n-grams of one length, sorted by key.
struct Counts {
  int n = 0;
  std::vector<Key> keys;
  std::vector<std::uint32_t> seen;  ///< How often the n-gram stands in the texts.
  /// What smoothing works with: `seen`, or, below the highest order of Kneser-Ney, the number of
  /// different pieces seen before the n-gram (chapter 3.2 of Chen and Goodman 1998).
  std::vector<std::uint32_t> weight;
};

enum class Smoothing : std::uint8_t { kAbsolute, kKneserNey };

/// Counts of 1 to `order` pieces; [k] holds those of k + 1. Every suffix and every context of a
/// counted n-gram is counted too. `stream`: texts, each after a kTextStart. order <= 4.
std::vector<Counts> count_ngrams(std::span<const std::uint16_t> stream, int order,
                                 Smoothing smoothing);

}  // namespace pith::ngram
