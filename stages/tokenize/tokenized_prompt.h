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

/// One segment, with offsets into its original text; what scorers and rules look at is
/// structure.seen(text), which has the same offsets. Words and pieces exist for prose regions only,
/// region by region. A word may have no piece: where one piece covers several words, it belongs to
/// the first.
struct TokenizedSegment {
  Structure structure;
  std::vector<Word> words;
  std::vector<Piece> pieces;
  /// [num_pieces], ascending: the word that holds the piece's first non-blank byte. A piece without
  /// one (a bare blank mark, all but the last byte piece of a character) goes with the word that
  /// follows.
  std::vector<std::uint32_t> word_of_piece;
  std::uint32_t origin_tokens = 0;  ///< Reader tokens of the whole text.
  /// Below min_tokens, or not valid UTF-8: goes out unchanged; structure, words and pieces are
  /// empty.
  bool skip = false;
  std::string skip_reason;  ///< For the notes: "below min_tokens".
};

struct TokenizedPrompt {
  std::shared_ptr<const CompressRequest> request;
  std::shared_ptr<const TokenCounter> reader;
  std::vector<TokenizedSegment> segments;  ///< [num_segments of the request]
};

}  // namespace pith
