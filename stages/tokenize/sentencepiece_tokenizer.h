// SentencePiece models (XLM-R, Llama, Pith's own) as a Tokenizer.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "messages/result.h"
#include "stages/tokenize/tokenizer.h"

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace pith {

/// Ids are the model's own (XLM-R checkpoints count one further). Spans are bytes of the original
/// text, whatever normalisation made of it: together with blanks that the model drops they cover
/// the text. A character spelled in byte pieces belongs to the last of them; the others have empty
/// spans.
///
/// A text longer than kStretchBytes is encoded in stretches, so that memory stays bounded; they are
/// cut where a single blank stands between words, which gives the same pieces, and only in a run
/// without such a place at another character.
class SentencePieceTokenizer final : public Tokenizer {
 public:
  static constexpr std::size_t kStretchBytes = std::size_t{16} << 10U;

  /// Errors: kFileUnreadable.
  static Result<std::unique_ptr<const SentencePieceTokenizer>> load(const std::string& path);
  /// The bytes of a .model file.
  static Result<std::unique_ptr<const SentencePieceTokenizer>> from_bytes(
      std::string_view serialized);

  ~SentencePieceTokenizer() override;
  std::vector<Piece> encode(std::string_view text) const override;
  std::int32_t vocab_size() const override;
  /// The piece's own spelling, with U+2581 for blanks; empty when `id` is out of range.
  std::string piece(std::int32_t id) const;

 private:
  SentencePieceTokenizer();
  void encode_stretch(std::string_view text, std::size_t begin, std::size_t end,
                      std::vector<Piece>& pieces) const;

  std::unique_ptr<sentencepiece::SentencePieceProcessor> processor_;
  bool dummy_prefix_ = false;  ///< The model puts a blank in front of a text.
};

}  // namespace pith
