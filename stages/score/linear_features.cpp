#include "stages/score/linear_features.h"

#include <algorithm>

#include "stages/score/repeat_features.h"

namespace pith {
namespace {

/// Which feature a hash is of. The numbers are part of what a trained table means.
enum Template : std::uint64_t {
  kExact = 1,
  kFolded,
  kInner,
  kShape,
  kLetters,
  kEnding,
  kLength,
  kLeft,
  kRight,
  kLeftButOne,
  kRightButOne,
  kLeftPair,
  kRightPair,
  kBothSides,
  kLeftTriple,
  kRightTriple,
  kInnerLeftPair,
  kInnerRightPair,
  kShapeLeft,
  kShapeRight,
  kShapeBoth,
  kShapeLeftButOne,
  kRepeat,
  kRepeatOfShape,
  kRepeatOfWord,
  kRepeatAround,
  kRepeatLeft,
  kRepeatRight,
  kLineStart,
  kInSentence,
  kBias,
  kQueryMatch,
  kQueryDistance,
  kQueryDistanceOfShape,
  kQueryAround,
  kQuerySentence,
  kQuerySentenceDistance,
  kQueryAsks,
  kQueryAsksNear,
  kPlace,
  kPlaceOfShape,
  kPlaceOfRepeat,
};

constexpr std::size_t kLettersMax = 12;
constexpr std::uint64_t kEdge = 0x5E;  ///< Stands for the edge of a word, and of the text.

class Features {
 public:
  explicit Features(std::vector<std::uint64_t>& features) : features_(features) {
    features_.clear();
  }

  void add(Template kind, std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0) {
    std::uint64_t hash = (a * 0x9E3779B97F4A7C15ULL + b) * 0xC2B2AE3D27D4EB4FULL + c;
    hash ^= kind * 0xD6E8FEB86659FD93ULL;
    hash = (hash ^ (hash >> 32U)) * 0xD6E8FEB86659FD93ULL;
    hash = (hash ^ (hash >> 32U)) * 0xD6E8FEB86659FD93ULL;
    features_.push_back(hash ^ (hash >> 32U));
  }

 private:
  std::vector<std::uint64_t>& features_;
};

/// Runs of two to four letters, the word's edges being letters, and its ending.
void add_letters(std::span<const std::uint32_t> word, Features& features) {
  const std::size_t size = word.size() + 2;
  const auto letter = [&](std::size_t i) -> std::uint64_t {
    return i == 0 || i + 1 == size ? kEdge : word[i - 1];
  };
  for (std::size_t begin = 0; begin < std::min(size, kLettersMax); ++begin) {
    Fingerprint run;
    for (std::size_t length = 1; length <= 4 && begin + length <= size; ++length) {
      run.add(letter(begin + length - 1));
      if (length > 1) features.add(kLetters, run.value(), length);
    }
  }
  Fingerprint ending;
  for (std::size_t i = size - std::min<std::size_t>(size, 4); i < size; ++i) ending.add(letter(i));
  features.add(kEnding, ending.value());
}

}  // namespace

LinearFeatures::LinearFeatures(std::string_view text, std::span<const Word> words,
                               std::string_view query, const StopCheck& stop)
    : profiles_(profile_words(text, words, stop)),
      repeats_(profiles_.words, stop),
      repeat_rows_(repeat_features(profiles_.words, repeats_, stop)),
      query_(query, profiles_.words, stop) {}

std::uint64_t LinearFeatures::times_before(std::ptrdiff_t word) const {
  if (word < 0 || word >= static_cast<std::ptrdiff_t>(num_words())) return 4;
  return static_cast<std::uint64_t>(repeats_.words().before(static_cast<std::size_t>(word), 3));
}

void LinearFeatures::of_word(std::size_t word, std::vector<std::uint64_t>& features) const {
  Features add_to(features);
  const auto add = [&](Template kind, std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0) {
    add_to.add(kind, a, b, c);
  };
  static const WordProfile kOutside{
      .exact = kEdge, .folded = kEdge, .inner = kEdge, .shape = kEdge};
  const auto at = [&](std::ptrdiff_t offset) -> const WordProfile& {
    const std::ptrdiff_t place = static_cast<std::ptrdiff_t>(word) + offset;
    return place < 0 || place >= static_cast<std::ptrdiff_t>(num_words())
               ? kOutside
               : profiles_.words[static_cast<std::size_t>(place)];
  };
  const WordProfile& it = at(0);
  add(kBias, 0);
  add(kExact, it.exact);
  add(kFolded, it.folded);
  add(kInner, it.inner);
  add(kShape, it.shape);
  add_letters(
      std::span(profiles_.letters).subspan(it.letters_begin, it.letters_end - it.letters_begin),
      add_to);
  add(kLength, std::min<std::uint32_t>(it.letters_end - it.letters_begin, 20));

  add(kLeft, at(-1).folded);
  add(kRight, at(1).folded);
  add(kLeftButOne, at(-2).folded);
  add(kRightButOne, at(2).folded);
  add(kLeftPair, at(-1).folded, it.folded);
  add(kRightPair, it.folded, at(1).folded);
  add(kBothSides, at(-1).folded, at(1).folded);
  add(kLeftTriple, at(-2).folded, at(-1).folded, it.folded);
  add(kRightTriple, it.folded, at(1).folded, at(2).folded);
  add(kInnerLeftPair, at(-1).inner, it.inner);
  add(kInnerRightPair, it.inner, at(1).inner);
  add(kShapeLeft, at(-1).shape, it.shape);
  add(kShapeRight, it.shape, at(1).shape);
  add(kShapeBoth, at(-1).shape, it.shape, at(1).shape);
  add(kShapeLeftButOne, at(-2).shape, it.shape);

  const auto place = static_cast<std::ptrdiff_t>(word);
  for (std::size_t f = 0; f < kRepeatFeaturesPerPiece; ++f) {
    add(kRepeat, static_cast<std::uint64_t>(repeat_rows_[word * kRepeatFeaturesPerPiece + f]));
  }
  const std::uint64_t before = times_before(place);
  const auto after = static_cast<std::uint64_t>(repeats_.words().after(word, 2));
  add(kRepeatOfShape, it.shape, before, after);
  add(kRepeatOfWord, it.inner, std::min<std::uint64_t>(before, 2));
  add(kRepeatAround, times_before(place - 1), before, times_before(place + 1));
  add(kRepeatLeft, times_before(place - 2), times_before(place - 1), before);
  add(kRepeatRight, before, times_before(place + 1), times_before(place + 2));

  add(kLineStart, profiles_.words[it.line_begin].exact);
  add(kInSentence, it.in_sentence);
  const std::uint64_t far = std::min<std::uint64_t>(word / 10, 12);
  add(kPlace, far);
  add(kPlaceOfShape, far, it.shape);
  add(kPlaceOfRepeat, far, before);
}

void LinearFeatures::of_query(std::size_t word, std::vector<std::uint64_t>& features) const {
  Features add_to(features);
  if (query_.empty()) return;
  const WordProfile& it = profiles_.words[word];
  const QueryMatch& match = query_.of(word);
  add_to.add(kQueryMatch, match.kind, match.rarity);
  add_to.add(kQueryDistance, match.distance, match.after, match.rank == 0 ? 1 : 0);
  add_to.add(kQueryDistanceOfShape, match.distance, it.shape);
  add_to.add(kQueryAround, match.around);
  add_to.add(kQuerySentence, match.in_sentence, match.rank);
  add_to.add(kQuerySentenceDistance, match.rank, match.distance);
  add_to.add(kQueryAsks, query_.asks(), it.shape);
  add_to.add(kQueryAsksNear, query_.asks(), it.shape, match.rank);
}

}  // namespace pith
