// BERT's WordPiece.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "stages/tokenize/piece_model.h"
#include "stages/tokenize/piece_trie.h"

namespace pith {

/// The longest piece first, then the longest that continues it; a word that cannot be spelled so,
/// or is too long, is one unknown piece.
class WordPiece final : public PieceModel {
 public:
  struct Rules {
    std::int32_t unknown = 0;
    std::string unknown_spelling = "[UNK]";
    std::string continuing_prefix = "##";
    std::size_t max_word_chars = 100;
  };
  WordPiece(std::vector<std::pair<std::string, std::int32_t>> vocab, Rules rules);

  void encode(std::string_view word, std::vector<WordPart>& parts) const override;
  std::string spelling(std::string_view word, const WordPart& part) const override;
  std::vector<std::string> spellings() const override {
    return trie_.spellings(static_cast<std::size_t>(vocab_size_));
  }
  std::int32_t id_of(std::string_view spelling) const override;
  std::int32_t vocab_size() const override { return vocab_size_; }

 private:
  std::int32_t vocab_size_ = 0;
  Rules rules_;
  PieceTrie trie_;
  std::uint32_t continuing_ = PieceTrie::kNone;  ///< Where the prefix ends in the trie.
};

}  // namespace pith
