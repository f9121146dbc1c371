// What a small encoder cannot see for itself: how often a word, its stem and its neighbourhood come
// again, and where it stands in its line.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "stages/network/encoder_config.h"
#include "stages/score/word_profiles.h"
#include "stages/tokenize/tokenizer.h"
#include "stages/tokenize/word.h"

namespace pith {

/// "pith_features" of a model's config.json that wants repeat_features.
inline constexpr std::string_view kRepeatFeatures = "repeats-1";
/// Rows of its token type table: 0 for every piece, 1 for what belongs to no word, then one for
/// each value of each feature.
inline constexpr std::int32_t kRepeatFeatureRows = 89;
inline constexpr std::int32_t kNoWordFeature = 1;
inline constexpr std::int32_t kRepeatFeaturesPerPiece = 8;

/// The model was trained with these features, as they are.
bool wants_repeat_features(const EncoderConfig& config);

/// [num_words, kRepeatFeaturesPerPiece]: rows for each word. Words are compared without case and
/// outer punctuation, within 256 words on both sides, so that features depend on a word's
/// surroundings only. The features: times the word comes before x after; how far back it last came;
/// its pairs with the left x right neighbour before; the same after; times its stem (six letters or
/// more: the first five) comes before x after; words since the line's begin; words to its end; the
/// line's length. `words` ascend, inside `text`. Where `stop` has a reason the work ends; what was
/// made by then, of the size it should be, is not to be used.
std::vector<std::int32_t> repeat_features(std::string_view text, std::span<const Word> words,
                                          const StopCheck& stop = {});
std::vector<std::int32_t> repeat_features(std::span<const WordProfile> words,
                                          const WordRepeats& again, const StopCheck& stop = {});

/// [num_pieces, kRepeatFeaturesPerPiece]: each piece has its word's rows. word_of_piece as in
/// TokenizedSegment.
std::vector<std::int32_t> features_of_pieces(std::span<const std::int32_t> features_of_words,
                                             std::span<const std::uint32_t> word_of_piece);

/// For a text that is prose from begin to end: split_words, repeat_features, features_of_pieces.
std::vector<std::int32_t> repeat_features_of_text(std::string_view text,
                                                  std::span<const Piece> pieces);

}  // namespace pith
