// The unigram model of SentencePiece, as the Hugging Face engine runs it.
#pragma once

#include <string>
#include <vector>

#include "stages/tokenize/piece_model.h"
#include "stages/tokenize/piece_trie.h"

namespace pith {

/// The pieces with the largest sum of scores; the earlier candidate wins a tie. A character that is
/// no piece costs the smallest score less 10. Neighbouring unknown characters are one piece.
class UnigramModel final : public PieceModel {
 public:
  struct Entry {
    std::string spelling;
    double score = 0;
  };
  /// Ids are places in `vocab`; `unknown` is one of them. With `byte_fallback` an unknown stretch
  /// is spelled in pieces "<0x00>".."<0xFF>", if the vocabulary has all that it takes.
  UnigramModel(std::vector<Entry> vocab, std::int32_t unknown, bool byte_fallback);

  void encode(std::string_view word, std::vector<WordPart>& parts) const override;
  /// An unknown stretch is spelled as it stands.
  std::string spelling(std::string_view word, const WordPart& part) const override;
  std::vector<std::string> spellings() const override { return trie_.spellings(scores_.size()); }
  std::int32_t id_of(std::string_view spelling) const override;
  std::int32_t vocab_size() const override { return static_cast<std::int32_t>(scores_.size()); }

 private:
  void append(std::string_view word, std::size_t begin, std::size_t end,
              std::vector<WordPart>& parts) const;

  PieceTrie trie_;
  std::vector<double> scores_;
  std::int32_t unknown_;
  double unknown_score_ = 0;
  std::vector<std::int32_t> byte_ids_;  ///< 256 or none; kNoId where there is no such piece.
};

}  // namespace pith
