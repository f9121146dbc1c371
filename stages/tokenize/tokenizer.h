// A policy's own tokenizer: text to pieces that know which bytes of the original they stand for.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "messages/byte_span.h"

namespace pith {

/// A tokenizer token. Pieces are in text order; their spans do not overlap, and normalisation may
/// leave bytes (blanks) that no piece holds. A piece that stands for no byte of the text has an
/// empty span.
struct Piece {
  std::int32_t id = 0;
  ByteSpan span;
};

/// Thread-safe: const after construction.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  /// Without special tokens. Offsets are bytes of `text`.
  virtual std::vector<Piece> encode(std::string_view text) const = 0;
  virtual std::int32_t vocab_size() const = 0;
};

}  // namespace pith
