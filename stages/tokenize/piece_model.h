// From a word to pieces: what differs between the kinds of Hugging Face models.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pith {

/// Bytes [begin, end) of a word. Pieces of one word come in its order and do not overlap.
struct WordPart {
  std::int32_t id = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Thread-safe: const after construction.
class PieceModel {
 public:
  virtual ~PieceModel() = default;
  /// Appends the pieces of `word`, which is UTF-8 and not empty.
  virtual void encode(std::string_view word, std::vector<WordPart>& parts) const = 0;
  /// How the piece that is `part` of `word` is spelled: what the vocabulary has, but a model may
  /// leave an unknown stretch as it stands.
  virtual std::string spelling(std::string_view word, const WordPart& part) const = 0;
  /// The spelling of every id of the vocabulary; empty where there is none.
  virtual std::vector<std::string> spellings() const = 0;
  /// The id of a piece by its spelling; the unknown piece's where there is none.
  virtual std::int32_t id_of(std::string_view spelling) const = 0;
  /// One more than the largest id.
  virtual std::int32_t vocab_size() const = 0;
};

}  // namespace pith
