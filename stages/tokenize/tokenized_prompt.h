// A prompt between the tokenize and the score stage.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "messages/compress.h"
#include "stages/structure/region.h"
#include "stages/tokenize/token_counter.h"
#include "stages/tokenize/tokenizer.h"
#include "stages/tokenize/word.h"

namespace pith {

/// One segment, with offsets into its original text. Words and pieces exist for prose regions only.
struct TokenizedSegment {
  Structure structure;
  std::vector<Word> words;
  std::vector<Piece> pieces;
  std::vector<std::uint32_t> word_of_piece;  ///< [num_pieces]; the word that holds the piece's first non-blank byte.
  std::uint32_t origin_tokens = 0;           ///< Reader tokens of the whole text.
  bool skip = false;                         ///< Below min_tokens, or not valid UTF-8: goes out unchanged.
  std::string skip_reason;                   ///< For the notes: "below min_tokens".
};

struct TokenizedPrompt {
  std::shared_ptr<const CompressRequest> request;
  std::shared_ptr<const TokenCounter> reader;
  std::vector<TokenizedSegment> segments;  ///< [num_segments of the request]
};

}  // namespace pith
