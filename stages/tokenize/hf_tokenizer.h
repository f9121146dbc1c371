// Tokenizers of Hugging Face model folders, as their fast engine runs them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "messages/result.h"
#include "stages/tokenize/added_tokens.h"
#include "stages/tokenize/normalizer.h"
#include "stages/tokenize/piece_decoder.h"
#include "stages/tokenize/piece_model.h"
#include "stages/tokenize/pre_tokenizer.h"
#include "stages/tokenize/tokenizer.h"

namespace pith {

/// What a tokenizer is put together from; `normalizer` and `pre_tokenizer` may be null.
struct TokenizerParts {
  std::vector<AddedToken> added_tokens;
  std::unique_ptr<const Normalizer> normalizer;
  std::unique_ptr<const PreTokenizer> pre_tokenizer;
  std::unique_ptr<const PieceModel> model;
  std::unique_ptr<const PieceDecoder> decoder;  ///< Null where there is none, or not a known one.
  /// A blank between words may be where a stretch of the text ends.
  bool cut_at_blanks = false;
};

struct SpelledPiece {
  std::string spelling;
  std::int32_t id = 0;
};

/// The id of a piece is the id of its spelling, as transformers looks it up: a "<mask>" that took
/// the blank in front of it is spelled " <mask>" and therefore unknown.
///
/// Where a character became several and these lie in different pieces, the first piece has its
/// bytes. Bytes that are not UTF-8 are read as U+FFFD.
class HfTokenizer final : public Tokenizer {
 public:
  /// Long texts are normalised in stretches of about this size.
  static constexpr std::size_t kStretchBytes = std::size_t{16} << 10U;

  explicit HfTokenizer(TokenizerParts parts);

  std::vector<Piece> encode(std::string_view text) const override;
  std::int32_t vocab_size() const override { return vocab_size_; }

  /// The pieces of `encode` as strings. An unknown stretch of a unigram model is spelled as it
  /// stands in the normalised text, an added token with the blanks that it took.
  std::vector<SpelledPiece> encode_spelled(std::string_view text) const;
  /// The unknown piece's where there is none of this spelling.
  std::int32_t id_of(std::string_view spelling) const;
  /// The spelling of every id, added tokens' too; empty where there is none.
  std::vector<std::string> spellings() const;
  /// Null where the file has none, or not a known one.
  const PieceDecoder* decoder() const { return parts_.decoder.get(); }

 private:
  // A sink has added(id, spelling, span) and part(text, word, part).
  template <class Sink>
  void encode_to(std::string_view text, Sink& sink) const;
  template <class Sink>
  void encode_stretch(std::string_view text, ByteSpan stretch, Sink& sink) const;
  template <class Sink>
  void encode_words(NormalizedText text, Sink& sink) const;

  TokenizerParts parts_;
  AddedTokens raw_;         ///< Cut out of the text as it came.
  AddedTokens normalized_;  ///< Cut out of normalised text; contents are normalised.
  PieceTrie added_ids_;
  std::int32_t vocab_size_ = 0;
};

/// Reads tokenizer.json; where there is none, sentencepiece.bpe.model as XLM-R's or vocab.txt (with
/// tokenizer_config.json) as BERT's. Post-processor, truncation and padding are not applied.
/// Errors: kFileUnreadable, with file and field.
Result<std::shared_ptr<const Tokenizer>> load_hf_tokenizer(const std::string& folder);
/// With more tokens, cut out of the text as it comes, of the next ids (tokens that the folder has
/// keep theirs).
Result<std::shared_ptr<const HfTokenizer>> load_hf_tokenizer(
    const std::string& folder, std::span<const std::string> extra_tokens);
/// Gives `parts`, whose model is set, such tokens.
void add_tokens(TokenizerParts& parts, std::span<const std::string> contents);

}  // namespace pith
