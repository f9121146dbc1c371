// What an encoder reads of a text: ids and features of one window after another.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "stages/network/encoder_config.h"
#include "stages/network/stop_check.h"
#include "stages/score/chunk_cuts.h"

namespace pith {

/// What stands around each chunk.
struct ChunkSpecials {
  std::int32_t begin = 0;  ///< "<s>" or "[CLS]".
  std::int32_t end = 0;    ///< "</s>" or "[SEP]".
};

/// What the network sees at once.
struct EncoderChunk {
  PieceRange pieces;                   ///< Of the segment.
  std::vector<std::int32_t> ids;       ///< [pieces + 2]: specials included.
  std::vector<std::int32_t> features;  ///< [ids.size(), features_per_piece], or empty.
};

/// The chunks of cut_chunks as a model of `config` reads them, in training as in service. A model
/// that wants repeat_features gets them, of the whole text, not of its chunks; where `stop` has a
/// reason meanwhile they are not to be used.
std::vector<EncoderChunk> encoder_chunks(std::string_view text, const TokenizedSegment& segment,
                                         const EncoderConfig& config, ChunkSpecials specials,
                                         const StopCheck& stop = {});

/// The rows of `pieces` with those of the specials around them. `features`: [num_pieces,
/// kRepeatFeaturesPerPiece], or empty: then there are none.
std::vector<std::int32_t> features_of_chunk(std::span<const std::int32_t> features,
                                            PieceRange pieces);

}  // namespace pith
