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

template <class Sink>
void HfTokenizer::encode_to(std::string_view text, Sink& sink) const {
  const bool cut = parts_.cut_at_blanks && normalized_.empty();
  for (const AddedTokens::Part& part : raw_.split(text)) {
    if (part.token != AddedTokens::kText) {
      const std::string_view spelling = text.substr(part.begin, part.end - part.begin);
      sink.added(id_of(spelling), spelling,
                 {static_cast<std::uint32_t>(part.begin), static_cast<std::uint32_t>(part.end)});
      continue;
    }
    for (std::size_t begin = part.begin; begin < part.end;) {
      const std::size_t end = cut ? stretch_end(text, begin, part.end) : part.end;
      encode_stretch(text, {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)},
                     sink);
      begin = end;
    }
  }
}

template <class Sink>
void HfTokenizer::encode_stretch(std::string_view text, ByteSpan stretch, Sink& sink) const {
  NormalizedText normal = normalized_text(text, stretch);
  if (parts_.normalizer) parts_.normalizer->apply(normal);
  if (normalized_.empty()) return encode_words(std::move(normal), sink);
  for (const AddedTokens::Part& part : normalized_.split(normal.bytes)) {
    if (part.token != AddedTokens::kText) {
      const std::string_view spelling =
          std::string_view(normal.bytes).substr(part.begin, part.end - part.begin);
      sink.added(id_of(spelling), spelling, normal.span(part.begin, part.end));
      continue;
    }
    NormalizedText between;
    between.append(normal, part.begin, part.end);
    encode_words(std::move(between), sink);
  }
}

template <class Sink>
void HfTokenizer::encode_words(NormalizedText text, Sink& sink) const {
  WordCuts cuts{std::move(text), {}};
  cuts.cut(0, cuts.text.bytes.size());
  if (parts_.pre_tokenizer) parts_.pre_tokenizer->apply(cuts);
  std::vector<WordPart> parts;
  for (const WordCuts::Word& word : cuts.words) {
    parts.clear();
    parts_.model->encode(
        std::string_view(cuts.text.bytes).substr(word.begin, word.end - word.begin), parts);
    for (const WordPart& part : parts) sink.part(cuts.text, word, part);
  }
}

std::vector<Piece> HfTokenizer::encode(std::string_view text) const {
  struct {
    std::vector<Piece> pieces;
    void added(std::int32_t id, std::string_view, ByteSpan span) { pieces.push_back({id, span}); }
    void part(const NormalizedText& normal, const WordCuts::Word& word, const WordPart& part) {
      pieces.push_back({part.id, normal.span(word.begin + part.begin, word.begin + part.end)});
    }
  } sink;
  sink.pieces.reserve(text.size() / 3);
  encode_to(text, sink);
  make_disjoint(sink.pieces);
  return std::move(sink.pieces);
}

std::vector<SpelledPiece> HfTokenizer::encode_spelled(std::string_view text) const {
  struct {
    const PieceModel& model;
    std::vector<SpelledPiece> pieces;
    void added(std::int32_t id, std::string_view spelling, ByteSpan) {
      pieces.push_back({std::string(spelling), id});
    }
    void part(const NormalizedText& normal, const WordCuts::Word& word, const WordPart& part) {
      const std::string_view bytes =
          std::string_view(normal.bytes).substr(word.begin, word.end - word.begin);
      pieces.push_back({model.spelling(bytes, part), part.id});
    }
  } sink{*parts_.model, {}};
  sink.pieces.reserve(text.size() / 3);
  encode_to(text, sink);
  return std::move(sink.pieces);
}

std::vector<std::string> HfTokenizer::spellings() const {
  std::vector<std::string> all = parts_.model->spellings();
  const std::vector<std::string> added =
      added_ids_.spellings(static_cast<std::size_t>(vocab_size_));
  all.resize(added.size());
  for (std::size_t id = 0; id < added.size(); ++id) {
    if (!added[id].empty()) all[id] = added[id];
  }
  return all;
}

void add_tokens(TokenizerParts& parts, std::span<const std::string> contents) {
  std::int32_t next = parts.model->vocab_size();
  for (const AddedToken& token : parts.added_tokens) next = std::max(next, token.id + 1);
  const std::int32_t unknown = parts.model->id_of("");
  for (const std::string& content : contents) {
    const bool added =
        std::any_of(parts.added_tokens.begin(), parts.added_tokens.end(),
                    [&](const AddedToken& token) { return token.content == content; });
    if (added) continue;
    const std::int32_t known = parts.model->id_of(content);
    parts.added_tokens.push_back({content, known == unknown ? next++ : known});
  }
}

}  // namespace pith
