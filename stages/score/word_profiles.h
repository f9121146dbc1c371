// What is looked at of a word, whatever looks: who it is, what it looks like, where it stands.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "stages/network/stop_check.h"
#include "stages/tokenize/word.h"

namespace pith {

/// Fingerprints of 64 bits: equal for equal sequences of code points, as good as never for others.
struct WordProfile {
  std::uint64_t exact = 0;   ///< The word as it stands, without the blanks behind it.
  std::uint64_t folded = 0;  ///< Without case.
  std::uint64_t inner = 0;   ///< Without case and outer punctuation; punctuation alone is itself.
  std::uint64_t stem = 0;    ///< Of inner words of six letters or more, the first five; else 0.
  std::uint64_t shape = 0;   ///< Runs of digits, capitals, small letters, other letters, each mark.
  std::uint32_t letters_begin = 0, letters_end = 0;  ///< In WordProfiles::letters.
  std::uint32_t line_begin = 0;                      ///< The first word of its line.
  std::uint32_t line_end = 0;                        ///< Behind the last.
  std::uint32_t in_sentence = 0;  ///< Words since one that ends in . ? ! or a colon; at most 8.
};

struct WordProfiles {
  std::vector<WordProfile> words;      ///< [num_words]
  std::vector<std::uint32_t> letters;  ///< Folded code points of all words.
};

/// `words` ascend, inside `text`. Any bytes will do. Where `stop` has a reason the work ends: what
/// was made by then is not to be used, here and below.
WordProfiles profile_words(std::string_view text, std::span<const Word> words,
                           const StopCheck& stop = {});

/// FNV-1a over numbers, mixed after each.
class Fingerprint {
 public:
  void add(std::uint64_t number) {
    hash_ = (hash_ ^ number) * 0x100000001B3ULL;
    hash_ ^= hash_ >> 32U;
  }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xCBF29CE484222325ULL;
};

/// Where the same key stands next to each place, within `kReach` places. Key 0 is never the same.
class Recurrence {
 public:
  static constexpr std::size_t kReach = 256;

  explicit Recurrence(std::span<const std::uint64_t> keys, const StopCheck& stop = {});

  /// Times before (after) `place` within reach, at most `most`.
  std::int32_t before(std::size_t place, std::int32_t most) const;
  std::int32_t after(std::size_t place, std::int32_t most) const;
  /// Places back to the last time within reach; 0: none.
  std::size_t distance(std::size_t place) const;

 private:
  std::vector<std::uint32_t> before_, after_;
};

/// How often each word, its stem and its pairs with a neighbour come again nearby.
class WordRepeats {
 public:
  explicit WordRepeats(std::span<const WordProfile> words, const StopCheck& stop = {});

  const Recurrence& words() const { return words_; }
  const Recurrence& stems() const { return stems_; }
  /// At a word: its pair with the word to its left.
  const Recurrence& pairs() const { return pairs_; }

 private:
  Recurrence words_, stems_, pairs_;
};

}  // namespace pith
