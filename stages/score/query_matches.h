// Where a text says what the reader is looking for.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "stages/score/word_profiles.h"

namespace pith {

/// Of one word of the text. All numbers are small classes, ready to be features.
struct QueryMatch {
  std::uint8_t kind = 0;         ///< 0: not of the query, 1: shares its stem, 2: is a word of it.
  std::uint8_t rarity = 0;       ///< Of a matching word: times in the text, 1 .. 3, 4 and more.
  std::uint8_t distance = 0;     ///< To the nearest telling match, before or after; 7: far or none.
  std::uint8_t after = 0;        ///< 1: the nearest one stands before the word.
  std::uint8_t around = 0;       ///< Telling matches within twelve words, 0 .. 5.
  std::uint8_t in_sentence = 0;  ///< What of the query its sentence holds, 0 .. 5.
  std::uint8_t rank = 0;  ///< 0: no sentence of the text holds more; 1, 2, 3; 4: holds nothing.
};

/// What counts of a query: its last 8,000 bytes, from the begin of a character on. A query may come
/// with every text of a request, and is split again for each.
std::string_view end_of_query(std::string_view query);

/// A query against a text. Both may be in any language; matches are words without case and outer
/// punctuation, else their stems. A match tells much when it is rare in the text and long.
class QueryMatches {
 public:
  /// Of a long query the last 100 words of end_of_query count. Where `stop` has a reason the work
  /// ends: what was made by then is not to be used.
  QueryMatches(std::string_view query, std::span<const WordProfile> words,
               const StopCheck& stop = {});

  /// No word of the query is worth looking for: `of` says nothing.
  bool empty() const { return matches_.empty(); }
  const QueryMatch& of(std::size_t word) const { return matches_[word]; }
  /// What is asked for: the fingerprint of who, what, when, how many...; 0: none of these.
  std::uint64_t asks() const { return asks_; }

 private:
  std::vector<QueryMatch> matches_;  ///< [num_words], or empty.
  std::uint64_t asks_ = 0;
};

}  // namespace pith
