// Texts as the network reads them: piece ids, in chunks of its window.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stages/network/keep_loss.h"
#include "stages/tokenize/hf_tokenizer.h"

namespace pith {

/// Ids that XLM-R's way of numbering gives the specials; "<mask>" is the last id.
inline constexpr std::int32_t kBeginId = 0;
inline constexpr std::int32_t kPadId = 1;
inline constexpr std::int32_t kEndId = 2;
inline constexpr std::int32_t kFirstPieceId = 4;

/// Many chunks of ids in one array, each with its specials around it.
class PieceChunks {
 public:
  /// Cuts `pieces` into chunks of at most `window` ids, specials included, of nearly equal size;
  /// chunks of fewer than `shortest` ids are left out. `features`: [num_pieces,
  /// kRepeatFeaturesPerPiece], or empty.
  void add(std::span<const Piece> pieces, std::span<const std::int32_t> features,
           std::size_t window, std::size_t shortest);

  std::size_t size() const { return begins_.size() - 1; }
  std::span<const std::int32_t> operator[](std::size_t chunk) const {
    return {ids_.data() + begins_[chunk], begins_[chunk + 1] - begins_[chunk]};
  }
  std::size_t num_ids() const { return ids_.size(); }
  /// [length of the chunk, kRepeatFeaturesPerPiece]; empty when none were added.
  std::vector<std::int32_t> features(std::size_t chunk) const;

 private:
  std::vector<std::int32_t> ids_;
  std::vector<std::uint8_t> features_;  ///< Rows are few; of all texts they are many.
  std::vector<std::size_t> begins_ = {0};
};

/// A chunk of an annotated text.
struct LabelledChunk {
  std::vector<std::int32_t> ids;       ///< Specials included.
  std::vector<std::int32_t> features;  ///< [ids.size(), kRepeatFeaturesPerPiece], or empty.
  /// [ids.size()]: the word of each piece, numbered within the chunk; labels.size(): none
  /// (specials).
  std::vector<std::uint32_t> word_of_piece;
  std::vector<KeepLabel> labels;     ///< [num_words]
  std::vector<std::uint32_t> words;  ///< [num_words]: their places in the text's own list.
};

/// Cuts an annotated text between words into chunks of at most `window` ids, of nearly equal size.
/// `words`: byte ranges, ascending. A word without a piece of its own is in no chunk; a piece
/// belongs to the word that holds its first byte.
/// `features`: [num_pieces, kRepeatFeaturesPerPiece], or empty.
std::vector<LabelledChunk> label_chunks(std::span<const Piece> pieces,
                                        std::span<const std::int32_t> features,
                                        std::span<const ByteSpan> words,
                                        std::span<const KeepLabel> labels, std::size_t window);

/// 0, 1, 2... behind XLM-R's padding.
std::vector<std::int32_t> chunk_positions(std::size_t length);

}  // namespace pith
