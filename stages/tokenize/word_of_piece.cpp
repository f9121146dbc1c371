#include "stages/tokenize/word_of_piece.h"

#include <cassert>

namespace pith {

std::vector<std::uint32_t> words_of_pieces(std::span<const Word> words,
                                           std::span<const Piece> pieces) {
  assert(!words.empty());
  std::vector<std::uint32_t> word_of_piece;
  word_of_piece.reserve(pieces.size());
  std::size_t word = 0;
  for (const Piece& piece : pieces) {
    // The first word that ends behind the piece's begin holds its first non-blank byte, if it has
    // one; else (a bare blank mark, all but the last byte piece of a character) it is the word that
    // the piece leads to.
    while (word + 1 < words.size() && words[word].text_end <= piece.span.begin) ++word;
    word_of_piece.push_back(static_cast<std::uint32_t>(word));
  }
  return word_of_piece;
}

}  // namespace pith
