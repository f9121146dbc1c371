#include "stages/tokenize/hf_tokenizer.h"

#include <algorithm>

namespace pith {
namespace {

bool graphic_ascii(char c) { return c > ' ' && c < 0x7F; }

/// Where a stretch of text[begin, end) ends: at a blank that stands alone between ASCII characters,
/// or the end. Words, and what is done to them, are the same as without the cut.
std::size_t stretch_end(std::string_view text, std::size_t begin, std::size_t end) {
  for (std::size_t at = begin + HfTokenizer::kStretchBytes; at + 1 < end; ++at) {
    if (text[at] == ' ' && graphic_ascii(text[at - 1]) && graphic_ascii(text[at + 1])) return at;
  }
  return end;
}

/// Where pieces share a character, the first keeps it.
void make_disjoint(std::vector<Piece>& pieces) {
  std::uint32_t done = 0;
  for (Piece& piece : pieces) {
    piece.span.begin = std::max(piece.span.begin, done);
    piece.span.end = std::max(piece.span.end, piece.span.begin);
    done = piece.span.end;
  }
}

}  // namespace

HfTokenizer::HfTokenizer(TokenizerParts parts) : parts_(std::move(parts)) {
  vocab_size_ = parts_.model->vocab_size();
  std::vector<AddedToken> raw;
  std::vector<AddedToken> normalized;
  std::vector<std::pair<std::string, std::int32_t>> ids;
  for (AddedToken& token : parts_.added_tokens) {
    vocab_size_ = std::max(vocab_size_, token.id + 1);
    ids.emplace_back(token.content, token.id);
    if (!token.normalized) {
      raw.push_back(std::move(token));
      continue;
    }
    const auto size = static_cast<std::uint32_t>(token.content.size());
    NormalizedText content = normalized_text(token.content, {0, size});
    if (parts_.normalizer) parts_.normalizer->apply(content);
    token.content = std::move(content.bytes);
    normalized.push_back(std::move(token));
  }
  parts_.added_tokens.clear();
  added_ids_ = PieceTrie(std::move(ids));
  raw_ = AddedTokens(std::move(raw));
  normalized_ = AddedTokens(std::move(normalized));
}

std::int32_t HfTokenizer::id_of(std::string_view spelling) const {
  const std::int32_t added = added_ids_.find(spelling);
  return added == PieceTrie::kNoId ? parts_.model->id_of(spelling) : added;
}

std::vector<Piece> HfTokenizer::encode(std::string_view text) const {
  std::vector<Piece> pieces;
  pieces.reserve(text.size() / 3);
  const bool cut = parts_.cut_at_blanks && normalized_.empty();
  for (const AddedTokens::Part& part : raw_.split(text)) {
    if (part.token != AddedTokens::kText) {
      pieces.push_back(
          {id_of(text.substr(part.begin, part.end - part.begin)),
           {static_cast<std::uint32_t>(part.begin), static_cast<std::uint32_t>(part.end)}});
      continue;
    }
    for (std::size_t begin = part.begin; begin < part.end;) {
      const std::size_t end = cut ? stretch_end(text, begin, part.end) : part.end;
      encode_stretch(text, {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)},
                     pieces);
      begin = end;
    }
  }
  make_disjoint(pieces);
  return pieces;
}

void HfTokenizer::encode_stretch(std::string_view text, ByteSpan stretch,
                                 std::vector<Piece>& pieces) const {
  NormalizedText normal = normalized_text(text, stretch);
  if (parts_.normalizer) parts_.normalizer->apply(normal);
  if (normalized_.empty()) return encode_words(std::move(normal), pieces);
  for (const AddedTokens::Part& part : normalized_.split(normal.bytes)) {
    if (part.token != AddedTokens::kText) {
      const std::string_view spelling =
          std::string_view(normal.bytes).substr(part.begin, part.end - part.begin);
      pieces.push_back({id_of(spelling), normal.span(part.begin, part.end)});
      continue;
    }
    NormalizedText between;
    between.append(normal, part.begin, part.end);
    encode_words(std::move(between), pieces);
  }
}

void HfTokenizer::encode_words(NormalizedText text, std::vector<Piece>& pieces) const {
  WordCuts cuts{std::move(text), {}};
  cuts.cut(0, cuts.text.bytes.size());
  if (parts_.pre_tokenizer) parts_.pre_tokenizer->apply(cuts);
  std::vector<WordPart> parts;
  for (const auto [begin, end] : cuts.words) {
    parts.clear();
    parts_.model->encode(std::string_view(cuts.text.bytes).substr(begin, end - begin), parts);
    for (const WordPart& part : parts) {
      pieces.push_back({part.id, cuts.text.span(begin + part.begin, begin + part.end)});
    }
  }
}

}  // namespace pith
