#include "stages/tokenize/word_piece.h"

#include <algorithm>

namespace pith {

WordPiece::WordPiece(std::vector<std::pair<std::string, std::int32_t>> vocab, Rules rules)
    : rules_(std::move(rules)) {
  for (const auto& [spelling, id] : vocab) vocab_size_ = std::max(vocab_size_, id + 1);
  trie_ = PieceTrie(std::move(vocab));
  continuing_ = trie_.descend(PieceTrie::kRoot, rules_.continuing_prefix);
}

std::string WordPiece::spelling(std::string_view word, const WordPart& part) const {
  if (part.id == rules_.unknown) return rules_.unknown_spelling;
  std::string spelled(part.begin == 0 ? "" : rules_.continuing_prefix);
  return spelled.append(word, part.begin, part.end - part.begin);
}

std::int32_t WordPiece::id_of(std::string_view spelling) const {
  const std::int32_t id = trie_.find(spelling);
  return id == PieceTrie::kNoId ? rules_.unknown : id;
}

void WordPiece::encode(std::string_view word, std::vector<WordPart>& parts) const {
  const std::size_t first = parts.size();
  const auto unknown = [&] {
    parts.resize(first);
    parts.push_back({rules_.unknown, 0, word.size()});
  };
  const auto chars = std::count_if(word.begin(), word.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  });
  if (static_cast<std::size_t>(chars) > rules_.max_word_chars) return unknown();
  for (std::size_t at = 0; at < word.size();) {
    const std::uint32_t node = at == 0 ? PieceTrie::kRoot : continuing_;
    if (node == PieceTrie::kNone) return unknown();
    const PieceTrie::Match match = trie_.longest(node, word.substr(at));
    if (match.bytes == 0) return unknown();
    parts.push_back({match.id, at, at + match.bytes});
    at += match.bytes;
  }
}

}  // namespace pith
