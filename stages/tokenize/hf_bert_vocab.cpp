#include <algorithm>

#include "stages/tokenize/hf_vocab_files.h"
#include "stages/tokenize/word_piece.h"

namespace pith {

Result<TokenizerParts> parts_of_bert_vocab(std::string_view lines, BertNormalizer::Rules cleaning) {
  TokenizerParts parts;
  WordPiece::Rules rules;
  std::vector<std::pair<std::string, std::int32_t>> vocab;
  bool unknown_found = false;
  vocab.reserve(static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n')) + 1);
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    std::string_view line = lines.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto id = static_cast<std::int32_t>(vocab.size());
    if (line == "[UNK]") {
      rules.unknown = id;
      unknown_found = true;
    }
    for (const char* special : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
      if (line == special) parts.added_tokens.push_back({special, id});
    }
    vocab.emplace_back(line, id);
    at = end + 1;
  }
  if (!unknown_found) return Error{ErrorCode::kFileUnreadable, "no line \"[UNK]\""};
  parts.normalizer = std::make_unique<BertNormalizer>(cleaning);
  parts.pre_tokenizer = std::make_unique<WhiteSpaceCuts>(true);
  parts.model = std::make_unique<WordPiece>(std::move(vocab), std::move(rules));
  parts.decoder = std::make_unique<WordPieceDecoder>("##", true);
  parts.cut_at_blanks = true;
  return parts;
}

}  // namespace pith
