#include "stages/score/repeat_features.h"

#include <algorithm>
#include <array>

#include "stages/tokenize/word_of_piece.h"

namespace pith {
namespace {

/// Sizes of the features' value ranges, in the order of their rows.
constexpr std::array<std::int32_t, kRepeatFeaturesPerPiece> kValues = {20, 5, 9, 9, 20, 8, 8, 8};

constexpr std::array<std::int32_t, kRepeatFeaturesPerPiece> first_rows() {
  std::array<std::int32_t, kRepeatFeaturesPerPiece> rows = {};
  std::int32_t row = kNoWordFeature + 1;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i] = row;
    row += kValues[i];
  }
  return rows;
}
constexpr auto kFirstRow = first_rows();
static_assert(kFirstRow.back() + kValues.back() == kRepeatFeatureRows);

std::int32_t distance_class(std::size_t distance) {
  if (distance == 0) return 0;
  return distance < 4 ? 1 : distance < 12 ? 2 : distance < 40 ? 3 : 4;
}

std::int32_t at_most(std::size_t number, std::size_t most) {
  return static_cast<std::int32_t>(std::min(number, most));
}

}  // namespace

std::vector<std::int32_t> repeat_features(std::string_view text, std::span<const Word> words,
                                          const StopCheck& stop) {
  const WordProfiles profiles = profile_words(text, words, stop);
  return repeat_features(profiles.words, WordRepeats(profiles.words, stop), stop);
}

std::vector<std::int32_t> repeat_features(std::span<const WordProfile> words,
                                          const WordRepeats& again, const StopCheck& stop) {
  const std::size_t size = words.size();
  std::vector<std::int32_t> features(size * kRepeatFeaturesPerPiece);
  for (std::size_t i = 0; i < size; ++i) {
    if (stops_at(i, stop)) break;
    const WordProfile& word = words[i];
    const bool has_right = i + 1 < size;
    const std::array<std::int32_t, kRepeatFeaturesPerPiece> values = {
        again.words().before(i, 4) * 4 + again.words().after(i, 3),
        distance_class(again.words().distance(i)),
        again.pairs().before(i, 2) * 3 + (has_right ? again.pairs().before(i + 1, 2) : 0),
        again.pairs().after(i, 2) * 3 + (has_right ? again.pairs().after(i + 1, 2) : 0),
        again.stems().before(i, 4) * 4 + again.stems().after(i, 3),
        at_most(i - word.line_begin, 7),
        at_most(word.line_end - i - 1, 7),
        at_most((word.line_end - word.line_begin) / 3, 7)};
    for (std::size_t f = 0; f < values.size(); ++f) {
      features[i * kRepeatFeaturesPerPiece + f] = kFirstRow[f] + values[f];
    }
  }
  return features;
}

bool wants_repeat_features(const EncoderConfig& config) {
  return config.features == kRepeatFeatures &&
         config.features_per_piece == kRepeatFeaturesPerPiece &&
         config.type_vocab_size == kRepeatFeatureRows;
}

std::vector<std::int32_t> features_of_pieces(std::span<const std::int32_t> features_of_words,
                                             std::span<const std::uint32_t> word_of_piece) {
  std::vector<std::int32_t> features;
  features.reserve(word_of_piece.size() * kRepeatFeaturesPerPiece);
  for (const std::uint32_t word : word_of_piece) {
    const auto rows = features_of_words.subspan(std::size_t{word} * kRepeatFeaturesPerPiece,
                                                kRepeatFeaturesPerPiece);
    features.insert(features.end(), rows.begin(), rows.end());
  }
  return features;
}

std::vector<std::int32_t> repeat_features_of_text(std::string_view text,
                                                  std::span<const Piece> pieces) {
  const std::vector<Word> words = split_words(text, {0, static_cast<std::uint32_t>(text.size())});
  if (words.empty()) {
    return std::vector<std::int32_t>(pieces.size() * kRepeatFeaturesPerPiece, kNoWordFeature);
  }
  return features_of_pieces(repeat_features(text, words), words_of_pieces(words, pieces));
}

}  // namespace pith
