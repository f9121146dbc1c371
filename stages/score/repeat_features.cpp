#include "stages/score/repeat_features.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "stages/tokenize/utf8.h"
#include "stages/tokenize/word_of_piece.h"

namespace pith {
namespace {

constexpr std::size_t kReach = 256;  ///< Words on each side.
constexpr std::size_t kStemChars = 5;

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

/// FNV-1a over code points, then mixed; equal only for equal sequences, as good as surely.
class Fingerprint {
 public:
  void add(std::uint32_t code_point) {
    hash_ = (hash_ ^ code_point) * 0x100000001B3ULL;
    hash_ ^= hash_ >> 32U;
  }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xCBF29CE484222325ULL;
};

/// What two words must share to be the same word, and the same stem (0: too short to have one).
struct WordIdentity {
  std::uint64_t word = 0, stem = 0;
};

WordIdentity identity_of(std::string_view text, std::vector<std::uint32_t>& letters) {
  letters.clear();
  std::size_t begin = 0;
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char c = utf8_char_at(text, at);
    at += c.bytes;
    const auto code = static_cast<UChar32>(c.code_point);
    const bool inner =
        c.code_point == kNoCodePoint || u_isalnum(code) != 0 || c.code_point > 0x2FFF;
    letters.push_back(c.code_point == kNoCodePoint
                          ? c.code_point
                          : static_cast<std::uint32_t>(u_foldCase(code, U_FOLD_CASE_DEFAULT)));
    if (inner && end == 0) begin = letters.size() - 1;
    if (inner) end = letters.size();
  }
  if (end == 0) end = letters.size();  // Punctuation alone is itself.
  Fingerprint print;
  WordIdentity identity;
  for (std::size_t i = begin; i < end; ++i) {
    if (i - begin == kStemChars) identity.stem = print.value();
    print.add(letters[i]);
  }
  identity.word = print.value();
  return identity;
}

/// Where the same key stands next to each place: chains through equal keys. Key 0 is never the
/// same.
class Recurrence {
 public:
  explicit Recurrence(std::span<const std::uint64_t> keys)
      : before_(keys.size(), kNone), after_(keys.size(), kNone) {
    std::unordered_map<std::uint64_t, std::uint32_t> last;
    last.reserve(keys.size());
    for (std::uint32_t i = 0; i < keys.size(); ++i) {
      if (keys[i] == 0) continue;
      const auto [at, is_new] = last.try_emplace(keys[i], i);
      if (is_new) continue;
      before_[i] = at->second;
      after_[at->second] = i;
      at->second = i;
    }
  }

  /// Times within reach, at most `most`.
  std::int32_t before(std::size_t place, std::int32_t most) const {
    return count(before_, place, most);
  }
  std::int32_t after(std::size_t place, std::int32_t most) const {
    return count(after_, place, most);
  }
  /// Places back to the last time within reach; 0: none.
  std::size_t distance(std::size_t place) const {
    const std::uint32_t at = before_[place];
    return at == kNone || place - at > kReach ? 0 : place - at;
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;

  static std::int32_t count(const std::vector<std::uint32_t>& next, std::size_t place,
                            std::int32_t most) {
    std::int32_t times = 0;
    for (std::uint32_t at = next[place]; at != kNone && times < most; at = next[at]) {
      if ((at > place ? at - place : place - at) > kReach) break;
      ++times;
    }
    return times;
  }

  std::vector<std::uint32_t> before_, after_;
};

std::int32_t distance_class(std::size_t distance) {
  if (distance == 0) return 0;
  return distance < 4 ? 1 : distance < 12 ? 2 : distance < 40 ? 3 : 4;
}

std::int32_t at_most(std::size_t number, std::size_t most) {
  return static_cast<std::int32_t>(std::min(number, most));
}

}  // namespace

std::vector<std::int32_t> repeat_features(std::string_view text, std::span<const Word> words) {
  const std::size_t size = words.size();
  std::vector<std::uint64_t> word(size);
  std::vector<std::uint64_t> stem(size);
  std::vector<std::uint64_t> pair(size);  ///< With the word to the left.
  std::vector<std::uint32_t> line_begin(size);
  std::vector<std::uint32_t> letters;
  for (std::size_t i = 0; i < size; ++i) {
    const WordIdentity identity =
        identity_of(text.substr(words[i].begin, words[i].text_end - words[i].begin), letters);
    word[i] = identity.word;
    stem[i] = identity.stem;
    const bool first =
        i == 0 ||
        text.substr(words[i - 1].text_end, words[i].begin - words[i - 1].text_end).find('\n') !=
            std::string_view::npos;
    line_begin[i] = first ? static_cast<std::uint32_t>(i) : line_begin[i - 1];
    if (i > 0) pair[i] = word[i - 1] * 0x9E3779B97F4A7C15ULL + word[i];
  }
  const Recurrence words_again(word);
  const Recurrence stems_again(stem);
  const Recurrence pairs_again(pair);
  std::vector<std::int32_t> features(size * kRepeatFeaturesPerPiece);
  std::size_t line_end = 0;
  for (std::size_t i = 0; i < size; ++i) {
    for (line_end = std::max(line_end, i + 1);
         line_end < size && line_begin[line_end] == line_begin[i];) {
      ++line_end;
    }
    const bool has_right = i + 1 < size;
    const std::array<std::int32_t, kRepeatFeaturesPerPiece> values = {
        words_again.before(i, 4) * 4 + words_again.after(i, 3),
        distance_class(words_again.distance(i)),
        pairs_again.before(i, 2) * 3 + (has_right ? pairs_again.before(i + 1, 2) : 0),
        pairs_again.after(i, 2) * 3 + (has_right ? pairs_again.after(i + 1, 2) : 0),
        stems_again.before(i, 4) * 4 + stems_again.after(i, 3),
        at_most(i - line_begin[i], 7),
        at_most(line_end - i - 1, 7),
        at_most((line_end - line_begin[i]) / 3, 7)};
    for (std::size_t f = 0; f < values.size(); ++f) {
      features[i * kRepeatFeaturesPerPiece + f] = kFirstRow[f] + values[f];
    }
  }
  return features;
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
