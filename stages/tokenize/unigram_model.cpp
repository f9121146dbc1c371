#include "stages/tokenize/unigram_model.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdio>

#include "stages/tokenize/utf8.h"

namespace pith {
namespace {

constexpr double kUnknownPenalty = 10;

/// The best way to end at a byte of the word.
struct Ending {
  double score = 0;
  std::size_t begin = SIZE_MAX;  ///< Of its last piece; SIZE_MAX: nothing ends here.
  std::int32_t id = 0;

  void offer(double other_score, std::size_t other_begin, std::int32_t other_id) {
    if (begin == SIZE_MAX || other_score > score) *this = {other_score, other_begin, other_id};
  }
};

std::string byte_spelling(unsigned byte) {
  std::array<char, 8> spelling{};
  std::snprintf(spelling.data(), spelling.size(), "<0x%02X>", byte);
  return spelling.data();
}

PieceTrie trie_of(std::vector<UnigramModel::Entry>& vocab) {
  std::vector<std::pair<std::string, std::int32_t>> pieces;
  pieces.reserve(vocab.size());
  for (std::size_t i = 0; i < vocab.size(); ++i) {
    pieces.emplace_back(std::move(vocab[i].spelling), static_cast<std::int32_t>(i));
  }
  return PieceTrie(std::move(pieces));
}

}  // namespace

UnigramModel::UnigramModel(std::vector<Entry> vocab, std::int32_t unknown, bool byte_fallback)
    : trie_(trie_of(vocab)), unknown_(unknown) {
  assert(unknown >= 0 && static_cast<std::size_t>(unknown) < vocab.size());
  scores_.reserve(vocab.size());
  for (const Entry& entry : vocab) scores_.push_back(entry.score);
  unknown_score_ = *std::min_element(scores_.begin(), scores_.end()) - kUnknownPenalty;
  for (int byte = 0; byte_fallback && byte < 256; ++byte) {
    byte_ids_.push_back(trie_.find(byte_spelling(static_cast<unsigned>(byte))));
  }
}

std::string UnigramModel::spelling(std::string_view word, const WordPart& part) const {
  const std::string_view stretch = word.substr(part.begin, part.end - part.begin);
  if (byte_ids_.empty() || part.id == unknown_ || trie_.find(stretch) == part.id) {
    return std::string(stretch);
  }
  const auto byte = std::find(byte_ids_.begin(), byte_ids_.end(), part.id);
  assert(byte != byte_ids_.end());
  return byte_spelling(static_cast<unsigned>(byte - byte_ids_.begin()));
}

std::int32_t UnigramModel::id_of(std::string_view spelling) const {
  const std::int32_t id = trie_.find(spelling);
  return id == PieceTrie::kNoId ? unknown_ : id;
}

void UnigramModel::encode(std::string_view word, std::vector<WordPart>& parts) const {
  std::vector<Ending> endings(word.size() + 1);
  for (std::size_t begin = 0; begin < word.size();) {
    const double so_far = endings[begin].score;
    const std::size_t character = utf8_char_at(word, begin).bytes;
    bool character_known = false;
    std::uint32_t node = PieceTrie::kRoot;
    for (std::size_t end = begin; end < word.size();) {
      node = trie_.child(node, word[end]);
      if (node == PieceTrie::kNone) break;
      ++end;
      const std::int32_t id = trie_.id(node);
      if (id == PieceTrie::kNoId) continue;
      endings[end].offer(so_far + scores_[static_cast<std::size_t>(id)], begin, id);
      character_known = character_known || end == begin + character;
    }
    if (!character_known) {
      endings[begin + character].offer(so_far + unknown_score_, begin, unknown_);
    }
    begin += character;
  }
  // From the end: a stretch of unknown pieces grows until something known comes before it.
  const std::size_t first = parts.size();
  for (std::size_t end = word.size(); end > 0;) {
    std::size_t begin = endings[end].begin;
    if (endings[end].id == unknown_) {
      while (begin > 0 && endings[begin].id == unknown_) begin = endings[begin].begin;
    }
    append(word, begin, end, parts);
    end = begin;
  }
  std::reverse(parts.begin() + static_cast<std::ptrdiff_t>(first), parts.end());
}

/// Backwards, as the pieces are found.
void UnigramModel::append(std::string_view word, std::size_t begin, std::size_t end,
                          std::vector<WordPart>& parts) const {
  const std::string_view spelling = word.substr(begin, end - begin);
  const std::int32_t id = trie_.find(spelling);
  const auto byte_id = [&](char c) { return byte_ids_[static_cast<unsigned char>(c)]; };
  if (id == PieceTrie::kNoId && !byte_ids_.empty() &&
      std::all_of(spelling.begin(), spelling.end(),
                  [&](char c) { return byte_id(c) != PieceTrie::kNoId; })) {
    for (std::size_t at = spelling.size(); at-- > 0;) {
      parts.push_back({byte_id(spelling[at]), begin, end});
    }
    return;
  }
  parts.push_back({id == PieceTrie::kNoId ? unknown_ : id, begin, end});
}

}  // namespace pith
