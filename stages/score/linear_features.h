// What the linear policy sees of a word: itself, its letters, its neighbours, whether they come
// again, its place. Each is a number, the hash of what was seen.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "stages/score/query_matches.h"
#include "stages/score/word_profiles.h"
#include "stages/tokenize/word.h"

namespace pith {

/// The features of one text's words. Reach: Recurrence::kReach words on both sides.
class LinearFeatures {
 public:
  /// `words` ascend, inside `text`. With a query there are features of what it has to do with the
  /// text; the others stay as they are. Where `stop` has a reason the work ends: what was made by
  /// then is not to be used.
  LinearFeatures(std::string_view text, std::span<const Word> words, std::string_view query = {},
                 const StopCheck& stop = {});

  std::size_t num_words() const { return profiles_.words.size(); }
  const QueryMatches& query() const { return query_; }
  /// Overwrites `features`: about sixty, some maybe twice.
  void of_word(std::size_t word, std::vector<std::uint64_t>& features) const;
  /// Overwrites `features` with those of the query alone; none when it has nothing to do with the
  /// text.
  void of_query(std::size_t word, std::vector<std::uint64_t>& features) const;

 private:
  /// Times a word comes before (up to 3); 4 outside the text.
  std::uint64_t times_before(std::ptrdiff_t word) const;

  WordProfiles profiles_;
  WordRepeats repeats_;
  std::vector<std::int32_t> repeat_rows_;  ///< repeat_features
  QueryMatches query_;
};

}  // namespace pith
