#include "apps/train/piece_chunks.h"

#include <algorithm>
#include <cassert>

#include "stages/score/encoder_chunks.h"
#include "stages/score/repeat_features.h"

namespace pith {
namespace {

/// Pieces [begin, end) of part `part` of `parts` nearly equal ones.
std::size_t part_begin(std::size_t size, std::size_t parts, std::size_t part) {
  return size * part / parts;
}

std::size_t num_parts(std::size_t size, std::size_t most) { return (size + most - 1) / most; }

}  // namespace

void PieceChunks::add(std::span<const Piece> pieces, std::span<const std::int32_t> features,
                      std::size_t window, std::size_t shortest) {
  static_assert(kRepeatFeatureRows <= 256);
  assert(features.empty() || features.size() == pieces.size() * kRepeatFeaturesPerPiece);
  const std::size_t parts = num_parts(pieces.size(), window - 2);
  for (std::size_t part = 0; part < parts; ++part) {
    const std::size_t begin = part_begin(pieces.size(), parts, part);
    const std::size_t end = part_begin(pieces.size(), parts, part + 1);
    if (end - begin + 2 < shortest) continue;
    ids_.push_back(kBeginId);
    for (std::size_t i = begin; i < end; ++i) ids_.push_back(pieces[i].id);
    ids_.push_back(kEndId);
    begins_.push_back(ids_.size());
    for (const std::int32_t row : features_of_chunk(features, {begin, end})) {
      features_.push_back(static_cast<std::uint8_t>(row));
    }
  }
}

std::vector<std::int32_t> PieceChunks::features(std::size_t chunk) const {
  if (features_.empty()) return {};
  const auto at = [&](std::size_t id) {
    return features_.begin() + static_cast<std::ptrdiff_t>(id * kRepeatFeaturesPerPiece);
  };
  return {at(begins_[chunk]), at(begins_[chunk + 1])};
}

std::vector<LabelledChunk> label_chunks(std::span<const Piece> pieces,
                                        std::span<const std::int32_t> features,
                                        std::span<const ByteSpan> words,
                                        std::span<const KeepLabel> labels, std::size_t window) {
  constexpr std::uint32_t kNoWord = 0xFFFFFFFFU;
  // The word of each piece; pieces of no word (bare blanks) go with the next one.
  std::vector<std::uint32_t> word_of(pieces.size(), kNoWord);
  std::size_t word = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    while (word < words.size() && words[word].end <= pieces[i].span.begin) ++word;
    // A piece may begin with the blank in front of its word.
    if (word < words.size() &&
        words[word].begin < std::max(pieces[i].span.end, pieces[i].span.begin + 1)) {
      word_of[i] = static_cast<std::uint32_t>(word);
    }
  }
  for (std::size_t i = pieces.size(); i-- > 1;) {
    if (word_of[i - 1] == kNoWord) word_of[i - 1] = word_of[i];
  }
  const std::size_t most = window - 2;
  const std::size_t parts = num_parts(pieces.size(), most);
  std::vector<LabelledChunk> chunks;
  for (std::size_t begin = 0; begin < pieces.size();) {
    // The fair share, moved back to where a word begins; a word longer than the window is cut.
    std::size_t end = std::min(begin + most, begin + num_parts(pieces.size(), parts));
    end = std::min(end, pieces.size());
    for (std::size_t cut = end; cut < pieces.size() && cut > begin; --cut) {
      if (word_of[cut] != word_of[cut - 1]) {
        end = cut;
        break;
      }
    }
    LabelledChunk chunk;
    chunk.ids.push_back(kBeginId);
    std::vector<std::uint32_t> number = {kNoWord};
    for (std::size_t i = begin; i < end; ++i) {
      chunk.ids.push_back(pieces[i].id);
      if (word_of[i] != kNoWord && (chunk.words.empty() || chunk.words.back() != word_of[i])) {
        chunk.words.push_back(word_of[i]);
        chunk.labels.push_back(labels[word_of[i]]);
      }
      number.push_back(word_of[i] == kNoWord ? kNoWord
                                             : static_cast<std::uint32_t>(chunk.words.size() - 1));
    }
    chunk.ids.push_back(kEndId);
    number.push_back(kNoWord);
    chunk.features = features_of_chunk(features, {begin, end});
    for (std::uint32_t& each : number) {
      each = std::min(each, static_cast<std::uint32_t>(chunk.words.size()));
    }
    chunk.word_of_piece = std::move(number);
    begin = end;
    if (!chunk.words.empty()) chunks.push_back(std::move(chunk));
  }
  return chunks;
}

std::vector<std::int32_t> chunk_positions(std::size_t length) {
  std::vector<std::int32_t> positions(length);
  for (std::size_t i = 0; i < length; ++i) {
    positions[i] = kPadId + 1 + static_cast<std::int32_t>(i);
  }
  return positions;
}

}  // namespace pith
