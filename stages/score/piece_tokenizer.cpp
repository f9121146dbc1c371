#include "stages/score/piece_tokenizer.h"

#include <sentencepiece_processor.h>

namespace pith {
namespace {

class PieceTokenizer : public Tokenizer {
 public:
  std::vector<Piece> encode(std::string_view text) const override {
    const auto encoded = processor_.EncodeAsImmutableProto({text.data(), text.size()});
    std::vector<Piece> pieces;
    pieces.reserve(encoded.pieces_size());
    for (std::size_t i = 0; i < encoded.pieces_size(); ++i) {
      const auto piece = encoded.pieces(static_cast<int>(i));
      pieces.push_back({static_cast<std::int32_t>(piece.id()), {piece.begin(), piece.end()}});
    }
    return pieces;
  }
  std::int32_t vocab_size() const override { return processor_.GetPieceSize(); }

  sentencepiece::SentencePieceProcessor processor_;
};

}  // namespace

Result<std::unique_ptr<const Tokenizer>> load_piece_tokenizer(std::string_view serialized_model) {
  auto tokenizer = std::make_unique<PieceTokenizer>();
  const auto status = tokenizer->processor_.LoadFromSerializedProto(
      {serialized_model.data(), serialized_model.size()});
  if (!status.ok()) return Error{ErrorCode::kFileUnreadable, "not a SentencePiece model"};
  return std::unique_ptr<const Tokenizer>(std::move(tokenizer));
}

}  // namespace pith
