#include "apps/reader/summary_pieces.h"

#include <algorithm>
#include <unordered_map>

namespace pith {
namespace {

constexpr std::string_view kBlank = "\xE2\x96\x81";

/// "<0x41>": one byte of what has no piece.
bool is_byte(std::string_view spelling) {
  return spelling.size() == 6 && spelling.starts_with("<0x") && spelling.back() == '>';
}

int hex_digit(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

std::string folded(std::string_view spelling) {
  if (spelling.starts_with(kBlank) && spelling.size() > kBlank.size()) {
    spelling.remove_prefix(kBlank.size());
  }
  std::string word;
  // Other scripts stay as they are: what is copied matters most where names are.
  for (const char c : spelling) word += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (word.size() > 3 && word.back() == 's') word.pop_back();
  return word;
}

bool three_letters(std::string_view word) {
  return word.size() >= 3 && std::ranges::all_of(word, [](char c) {
           return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
         });
}

}  // namespace

Result<std::shared_ptr<const SummaryPieces>> SummaryPieces::open(const std::string& folder) {
  auto tokenizer = load_hf_tokenizer(folder, {});
  if (!tokenizer) return tokenizer.error();
  if ((*tokenizer)->vocab_size() <= kFirstPiece) {
    return Error{ErrorCode::kFileUnreadable, folder + ": a vocabulary without pieces"};
  }
  return std::make_shared<const SummaryPieces>(*std::move(tokenizer));
}

SummaryPieces::SummaryPieces(std::shared_ptr<const HfTokenizer> tokenizer)
    : tokenizer_(std::move(tokenizer)), num_pieces_(tokenizer_->vocab_size()) {
  spellings_ = tokenizer_->spellings();
  spellings_.resize(static_cast<std::size_t>(num_pieces_));
  std::unordered_map<std::string, std::int32_t> numbers;
  for (std::int32_t id = 0; id < num_pieces_; ++id) {
    const std::string word = folded(spellings_[static_cast<std::size_t>(id)]);
    const auto next = static_cast<std::int32_t>(numbers.size());
    const auto [found, is_new] = numbers.try_emplace(word, next);
    if (is_new) members_.emplace_back();
    words_.push_back(found->second);
    content_.push_back(id >= kFirstPiece && three_letters(word) ? 1 : 0);
    if (id >= kFirstPiece) members_[static_cast<std::size_t>(found->second)].push_back(id);
  }
}

std::vector<std::int32_t> SummaryPieces::encode(std::string_view text) const {
  std::vector<std::int32_t> ids;
  for (const Piece& piece : tokenizer_->encode(text)) ids.push_back(piece.id);
  return ids;
}

std::string SummaryPieces::decode(std::span<const std::int32_t> ids) const {
  std::string text;
  for (const std::int32_t id : ids) {
    if (id < kFirstPiece || id >= num_pieces_) continue;
    std::string_view spelling = spellings_[static_cast<std::size_t>(id)];
    if (is_byte(spelling)) {
      text += static_cast<char>(hex_digit(spelling[3]) * 16 + hex_digit(spelling[4]));
      continue;
    }
    for (std::size_t at = spelling.find(kBlank); at != std::string_view::npos;
         at = spelling.find(kBlank)) {
      text += spelling.substr(0, at);
      text += ' ';
      spelling.remove_prefix(at + kBlank.size());
    }
    text += spelling;
  }
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

}  // namespace pith
