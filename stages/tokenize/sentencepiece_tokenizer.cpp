#include "stages/tokenize/sentencepiece_tokenizer.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace pith {
namespace {

constexpr std::string_view kBlankMark = "\xE2\x96\x81";

bool graphic_ascii(char c) { return c > ' ' && c < 0x7F; }

/// Where the stretch that begins at `begin` ends: at a blank that stands alone between ASCII
/// characters, else at the beginning of a character.
std::size_t stretch_end(std::string_view text, std::size_t begin) {
  const std::size_t limit = begin + SentencePieceTokenizer::kStretchBytes;
  if (limit >= text.size()) return text.size();
  for (std::size_t at = limit - 1; at > begin + SentencePieceTokenizer::kStretchBytes / 2; --at) {
    if (text[at] == ' ' && graphic_ascii(text[at - 1]) && graphic_ascii(text[at + 1])) return at;
  }
  std::size_t at = limit;
  while (at > limit - 4 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) --at;
  return at;
}

}  // namespace

SentencePieceTokenizer::SentencePieceTokenizer()
    : processor_(std::make_unique<sentencepiece::SentencePieceProcessor>()) {}

SentencePieceTokenizer::~SentencePieceTokenizer() = default;

Result<std::unique_ptr<const SentencePieceTokenizer>> SentencePieceTokenizer::load(
    const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorCode::kFileUnreadable, path + ": cannot open"};
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  auto loaded = from_bytes(bytes);
  if (!loaded) return Error{ErrorCode::kFileUnreadable, path + ": " + loaded.error().detail};
  return loaded;
}

Result<std::unique_ptr<const SentencePieceTokenizer>> SentencePieceTokenizer::from_bytes(
    std::string_view serialized) {
  // An empty message is well-formed, but the library aborts on it.
  std::unique_ptr<SentencePieceTokenizer> tokenizer(new SentencePieceTokenizer);
  if (serialized.empty() || !tokenizer->processor_->LoadFromSerializedProto(serialized).ok()) {
    return Error{ErrorCode::kFileUnreadable, "not a SentencePiece model"};
  }
  const auto probe = tokenizer->processor_->EncodeAsPieces("x");
  tokenizer->dummy_prefix_ = !probe.empty() && probe.front().starts_with(kBlankMark);
  return std::unique_ptr<const SentencePieceTokenizer>(std::move(tokenizer));
}

std::int32_t SentencePieceTokenizer::vocab_size() const { return processor_->GetPieceSize(); }

std::string SentencePieceTokenizer::piece(std::int32_t id) const {
  return id >= 0 && id < vocab_size() ? processor_->IdToPiece(id) : std::string();
}

std::vector<Piece> SentencePieceTokenizer::encode(std::string_view text) const {
  std::vector<Piece> pieces;
  pieces.reserve(text.size() / 3);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = stretch_end(text, begin);
    encode_stretch(text, begin, end, pieces);
    begin = end;
  }
  return pieces;
}

void SentencePieceTokenizer::encode_stretch(std::string_view text, std::size_t begin,
                                            std::size_t end, std::vector<Piece>& pieces) const {
  // The blank that a stretch was cut at is what the dummy prefix stands for.
  const std::size_t hidden = begin > 0 && text[begin] == ' ' && dummy_prefix_ ? 1 : 0;
  const auto base = static_cast<std::uint32_t>(begin + hidden);
  const auto encoded = processor_->EncodeAsImmutableProto(text.substr(base, end - base));
  const std::size_t first = pieces.size();
  for (std::size_t i = 0; i < encoded.pieces_size(); ++i) {
    const auto piece = encoded.pieces(static_cast<int>(i));
    pieces.push_back(
        {static_cast<std::int32_t>(piece.id()), {base + piece.begin(), base + piece.end()}});
  }
  if (hidden > 0 && pieces.size() > first) pieces[first].span.begin = base - 1;
}

}  // namespace pith
