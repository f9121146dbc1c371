// What the compressed text looks like for a choice of words: which blanks stay between those that
// are kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "messages/byte_span.h"
#include "stages/tokenize/tokenized_prompt.h"

namespace pith {

/// A stretch without blanks at its ends that is kept or dropped as a whole: a word, or what lies
/// between two lossless cuts of a region that has no words.
struct Atom {
  std::uint32_t begin = 0;
  std::uint32_t text_end = 0;
  std::int32_t word = -1;  ///< -1: no word; always kept.
  bool opens = false;      ///< Its last byte is the mark that opens a JSON string with words.
  bool closes = false;     ///< Its first byte is the one that closes such a string.
};

/// The atoms of a segment and the gaps of blanks between them. Of the gaps between two kept atoms
/// exactly one is kept: a paragraph break if there is one, else a line break, else a blank; of line
/// breaks the last, which holds the indentation of what follows. So lines and paragraphs that go
/// take their breaks with them, and those that stay keep theirs. Next to the marks around a JSON
/// string stands what stood there, as at the ends of a text. Views the text and the segment,
/// which must outlive it.
class Layout {
 public:
  Layout(std::string_view text, const TokenizedSegment& segment);

  const std::vector<Atom>& atoms() const { return atoms_; }
  std::size_t atom_of_word(std::size_t word) const { return atom_of_word_[word]; }

  /// Spans of the original to keep, for kept[atom]. Adjacent spans are merged; lossless cuts are
  /// left out.
  std::vector<ByteSpan> spans(const std::vector<bool>& kept) const;

  /// The bytes kept between the kept atoms a < b, appended to `out`.
  void append_gap(std::size_t a, std::size_t b, std::string& out) const;

  /// The blanks before the first atom, kept with it; and those at the end of the text, always kept.
  void append_lead(std::string& out) const;
  void append_tail(std::string& out) const;

  std::string_view atom_text(std::size_t atom) const {
    return text_.substr(atoms_[atom].begin, atoms_[atom].text_end - atoms_[atom].begin);
  }

 private:
  /// What is left of a gap after the lossless cuts. Higher wins.
  enum class Rank : std::uint8_t { kNone, kBlank, kLine, kParagraph };

  ByteSpan gap_after(std::size_t atom) const;
  Rank rank_of(ByteSpan gap) const;
  std::size_t gap_between(std::size_t a, std::size_t b) const;
  void make_atoms(const TokenizedSegment& segment);
  void rank_gaps();
  template <class Emit>
  void without_cuts(ByteSpan span, Emit&& emit) const;

  std::string_view text_;
  std::string_view seen_;  ///< Where blanks are looked for.
  const std::vector<ByteSpan>& cuts_;
  std::vector<Atom> atoms_;
  std::vector<std::size_t> atom_of_word_;
  // Per gap: the nearest gap at or before it that is a paragraph (line) break, at or after it that
  // is a blank.
  std::vector<std::uint32_t> last_paragraph_, last_line_, next_blank_;
};

}  // namespace pith
