// The ids that a summarising decoder reads and writes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messages/result.h"
#include "stages/tokenize/hf_tokenizer.h"

namespace pith {

/// Pieces of a SentencePiece vocabulary numbered as XLM-R's, and behind them ids of the decoder's
/// own. Thread-safe: const after construction.
class SummaryPieces {
 public:
  static constexpr std::int32_t kBegin = 0, kEnd = 2, kFirstPiece = 4;
  static constexpr std::int32_t kNumGates = 6;

  /// `folder` holds sentencepiece.bpe.model. Errors: kFileUnreadable.
  static Result<std::shared_ptr<const SummaryPieces>> open(const std::string& folder);
  explicit SummaryPieces(std::shared_ptr<const HfTokenizer> tokenizer);

  std::vector<std::int32_t> encode(std::string_view text) const;
  /// Without blanks at the ends. Ids that are no pieces are left out.
  std::string decode(std::span<const std::int32_t> ids) const;

  std::int32_t num_pieces() const { return num_pieces_; }
  std::int32_t separator() const { return num_pieces_; }      ///< Between text and summary.
  std::int32_t query_end() const { return num_pieces_ + 1; }  ///< Between query and text.
  /// First of kNumGates ids that are never read nor written: their logits weigh copying.
  std::int32_t first_gate() const { return num_pieces_ + 2; }
  std::int32_t vocab_size() const { return first_gate() + kNumGates; }

  /// The same number for pieces that differ in case, in the blank in front, or in a final "s".
  std::int32_t word_of(std::int32_t id) const { return words_[static_cast<std::size_t>(id)]; }
  /// All pieces of a word, ascending.
  std::span<const std::int32_t> pieces_of(std::int32_t word) const {
    return members_[static_cast<std::size_t>(word)];
  }
  /// Letters, at least three.
  bool is_content(std::int32_t id) const { return content_[static_cast<std::size_t>(id)] != 0; }

 private:
  std::shared_ptr<const HfTokenizer> tokenizer_;
  std::int32_t num_pieces_ = 0;
  std::vector<std::string> spellings_;
  std::vector<std::int32_t> words_;
  std::vector<std::uint8_t> content_;
  std::vector<std::vector<std::int32_t>> members_;
};

}  // namespace pith
