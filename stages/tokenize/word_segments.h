// What lies between two word boundaries, and how such stretches join into words. Internal to
// split_words.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "stages/tokenize/word.h"

namespace pith {

enum class SegmentClass : std::uint8_t {
  kBlank,  ///< White space.
  kCore,   ///< Letters, digits, ideographs, emoji: what makes a word.
  kMark,   ///< Punctuation, symbols, controls: attaches to a neighbour.
};

/// Joins stretches, given in text order without gaps, into words: a word has at most one core;
/// marks join what they follow, or, after a blank, what follows them; blanks go to the word before
/// them.
class WordJoiner {
 public:
  explicit WordJoiner(std::vector<Word>& words) : words_(words) {}

  void add(std::uint32_t begin, std::uint32_t end, SegmentClass kind) {
    if (kind == SegmentClass::kBlank) {
      after_blank_ = true;
      if (open_) words_.back().end = end;
      return;
    }
    if (!open_ || after_blank_ || (kind == SegmentClass::kCore && has_core_)) {
      words_.push_back({begin, end, end});
      open_ = true;
      has_core_ = false;
    } else {
      words_.back().text_end = words_.back().end = end;
    }
    after_blank_ = false;
    has_core_ = has_core_ || kind == SegmentClass::kCore;
  }

 private:
  std::vector<Word>& words_;
  bool open_ = false;
  bool after_blank_ = false;
  bool has_core_ = false;
};

/// The stretches of `text`[begin, end), which must be ASCII and begin and end where ASCII blanks
/// meet other characters (or the text ends): by hand, equal to what ICU's root word rules give.
void add_ascii_segments(std::string_view text, std::uint32_t begin, std::uint32_t end,
                        WordJoiner& joiner);

/// The same for any text, by ICU.
void add_icu_segments(std::string_view text, std::uint32_t begin, std::uint32_t end,
                      WordJoiner& joiner);

}  // namespace pith
