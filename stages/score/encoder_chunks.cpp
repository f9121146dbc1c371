#include "stages/score/encoder_chunks.h"

#include "stages/score/repeat_features.h"

namespace pith {

std::vector<EncoderChunk> encoder_chunks(std::string_view text, const TokenizedSegment& segment,
                                         const EncoderConfig& config, ChunkSpecials specials,
                                         const StopCheck& stop) {
  std::vector<std::int32_t> features;
  if (config.features_per_piece > 0 && !segment.pieces.empty()) {
    features =
        features_of_pieces(repeat_features(text, segment.words, stop), segment.word_of_piece);
  }
  const auto pieces_max = static_cast<std::size_t>(config.length_max()) - 2;
  std::vector<EncoderChunk> chunks;
  for (const PieceRange& range : cut_chunks(text, segment, pieces_max)) {
    EncoderChunk& chunk = chunks.emplace_back();
    chunk.pieces = range;
    chunk.ids.reserve(range.end - range.begin + 2);
    chunk.ids.push_back(specials.begin);
    for (std::size_t i = range.begin; i < range.end; ++i) {
      chunk.ids.push_back(segment.pieces[i].id);
    }
    chunk.ids.push_back(specials.end);
    chunk.features = features_of_chunk(features, range);
  }
  return chunks;
}

std::vector<std::int32_t> features_of_chunk(std::span<const std::int32_t> features,
                                            PieceRange pieces) {
  if (features.empty()) return {};
  constexpr std::size_t kPerPiece = kRepeatFeaturesPerPiece;
  const auto rows =
      features.subspan(pieces.begin * kPerPiece, (pieces.end - pieces.begin) * kPerPiece);
  std::vector<std::int32_t> all(kPerPiece, kNoWordFeature);
  all.reserve(rows.size() + 2 * kPerPiece);
  all.insert(all.end(), rows.begin(), rows.end());
  all.insert(all.end(), kPerPiece, kNoWordFeature);
  return all;
}

}  // namespace pith
