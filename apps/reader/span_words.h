// A text as the span reader sees it: words and marks, with what can be known of one alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pith {

enum class WordShape : std::uint8_t {
  kMark,         ///< Punctuation, one code point.
  kLower,        ///< Letters without a capital.
  kCapital,      ///< The first letter only.
  kFirstWord,    ///< The same where a sentence begins: says nothing.
  kCapitals,     ///< All letters.
  kMixed,        ///< Other mixtures.
  kYear,         ///< Four digits, 1 or 2 first.
  kNumber,       ///< Digits, points, commas.
  kAlphanumber,  ///< Digits and others.
  kNumberWord,   ///< "seven", "third", "million".
  kDateWord,     ///< English month or day, with its capital.
  kHan,
  kHiragana,
  kKatakana,
  kOther,  ///< Scripts without capitals.
};

struct SpanWord {
  std::uint32_t begin = 0, end = 0;  ///< Bytes.
  std::uint32_t sentence = 0;        ///< 0, 1, 2...
  std::uint64_t lower = 0;           ///< Hash of the lower-case spelling: word_hash().
  std::uint64_t stem = 0;            ///< The same of it without English endings.
  std::uint64_t prefix = 0;          ///< Of its first five characters; shorter: equals nothing.
  std::uint64_t kind = 0;            ///< What it does in a sentence: marks and function words
                                     ///< themselves, of others the ending or the shape.
  WordShape shape = WordShape::kMark;
  bool may_begin = false, may_end = false;  ///< An answer may begin, end with it.
};

/// FNV-1a, mixed.
constexpr std::uint64_t word_hash(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  }
  hash ^= hash >> 30U;
  hash *= 0xBF58476D1CE4E5B9U;
  hash ^= hash >> 27U;
  hash *= 0x94D049BB133111EBU;
  return hash ^ (hash >> 31U);
}

/// `word`, lower case, without a common English ending ("founded", "founding" -> "found"); other
/// words as they are.
std::string english_stem(const std::string& word);

/// The words of split_words, cut further: marks at their edges and "'s" stand alone. Sentences end
/// behind . ! ? (not behind single letters and a few abbreviations), their like in other scripts,
/// and at line ends.
std::vector<SpanWord> span_words(std::string_view text);

}  // namespace pith
