// Pieces that a test can count.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "stages/tokenize/tokenizer.h"

namespace pith {

/// A piece for every byte that is no blank, its id the byte.
class LetterTokenizer final : public Tokenizer {
 public:
  std::vector<Piece> encode(std::string_view text) const override {
    std::vector<Piece> pieces;
    for (std::uint32_t at = 0; at < text.size(); ++at) {
      if (text[at] != ' ' && text[at] != '\n') pieces.push_back({text[at], {at, at + 1}});
    }
    return pieces;
  }
  std::int32_t vocab_size() const override { return 128; }
};

}  // namespace pith
