#include "stages/tokenize/added_tokens.h"

#include <algorithm>

#include "stages/tokenize/bert_characters.h"
#include "stages/tokenize/utf8.h"

namespace pith {
namespace {

PieceTrie trie_of(const std::vector<AddedToken>& tokens) {
  std::vector<std::pair<std::string, std::int32_t>> contents;
  for (const AddedToken& token : tokens) {
    contents.emplace_back(token.content, static_cast<std::int32_t>(contents.size()));
  }
  return PieceTrie(std::move(contents));
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens)
    : tokens_(std::move(tokens)), trie_(trie_of(tokens_)) {}

bool AddedTokens::stands_alone(const AddedToken& token, std::string_view text, std::size_t begin,
                               std::size_t end) const {
  if (!token.single_word) return true;
  return (begin == 0 || !word_character(utf8_char_before(text, begin).code_point)) &&
         (end == text.size() || !word_character(utf8_char_at(text, end).code_point));
}

std::vector<AddedTokens::Part> AddedTokens::split(std::string_view text) const {
  std::vector<Part> parts;
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size();) {
    const PieceTrie::Match match = trie_.longest(PieceTrie::kRoot, text.substr(at));
    if (match.bytes == 0) {
      ++at;
      continue;
    }
    std::size_t begin = at;
    std::size_t end = at + match.bytes;
    at = end;
    const AddedToken& token = (*this)[match.id];
    if (begin < done || !stands_alone(token, text, begin, end)) continue;
    while (token.lstrip && begin > done) {
      const Utf8Char c = utf8_char_before(text, begin);
      if (!white_space(c.code_point)) break;
      begin -= c.bytes;
    }
    while (token.rstrip && end < text.size()) {
      const Utf8Char c = utf8_char_at(text, end);
      if (!white_space(c.code_point)) break;
      end += c.bytes;
    }
    if (done < begin) parts.push_back({done, begin, kText});
    parts.push_back({begin, end, match.id});
    done = end;
  }
  if (done < text.size()) parts.push_back({done, text.size(), kText});
  return parts;
}

}  // namespace pith
