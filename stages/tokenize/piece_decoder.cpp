#include "stages/tokenize/piece_decoder.h"

#include <string_view>
#include <utility>

#include "stages/tokenize/hf_tokenizer_fields.h"

namespace pith {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// In this order: a later rule sees what an earlier one made.
constexpr std::pair<std::string_view, std::string_view> kCleanUp[] = {
    {" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
    {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
    {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};

}  // namespace

std::string MetaspaceDecoder::decode(std::span<const std::string> pieces) const {
  std::string out;
  bool first = drop_first_;
  for (const std::string& piece : pieces) {
    std::size_t done = 0;
    for (std::size_t mark = piece.find(mark_); mark != std::string::npos;
         mark = piece.find(mark_, done)) {
      out.append(piece, done, mark - done);
      if (!first) out.push_back(' ');
      done = mark + mark_.size();
    }
    out.append(piece, done);
    first = false;
  }
  return out;
}

std::string WordPieceDecoder::decode(std::span<const std::string> pieces) const {
  std::string out;
  std::string word;
  bool first = true;
  for (const std::string& piece : pieces) {
    if (first) {
      word = piece;
    } else if (!prefix_.empty() && piece.starts_with(prefix_)) {
      word.assign(piece, prefix_.size());
    } else {
      word.assign(prefix_.empty() ? "" : " ").append(piece);
    }
    if (clean_up_ && word.find(' ') != std::string::npos) {
      for (const auto& [from, to] : kCleanUp) replace_all(word, from, to);
    }
    out += word;
    first = false;
  }
  return out;
}

std::unique_ptr<const PieceDecoder> piece_decoder_from(const JsonField& field) {
  const auto type = field.string("type", "");
  if (!type) return nullptr;
  if (*type == "WordPiece") {
    const auto prefix = field.string("prefix", "##");
    const auto clean_up = field.boolean("cleanup", true);
    if (!prefix || !clean_up) return nullptr;
    return std::make_unique<WordPieceDecoder>(std::string(*prefix), *clean_up);
  }
  if (*type != "Metaspace") return nullptr;
  const auto mark = field.string("replacement", "\xE2\x96\x81");
  const auto prefix_space = field.boolean("add_prefix_space", true);
  if (!mark || mark->empty() || !prefix_space) return nullptr;
  const auto scheme = field.string("prepend_scheme", *prefix_space ? "always" : "never");
  if (!scheme) return nullptr;
  return std::make_unique<MetaspaceDecoder>(std::string(*mark), *scheme != "never");
}

}  // namespace pith
