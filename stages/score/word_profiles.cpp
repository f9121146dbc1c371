#include "stages/score/word_profiles.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <unordered_map>

#include "stages/tokenize/utf8.h"

namespace pith {
namespace {

constexpr std::size_t kStemLetters = 5;
constexpr std::size_t kShapeRuns = 8;
constexpr std::uint32_t kInSentenceMax = 8;
constexpr std::uint32_t kNone = 0xFFFFFFFFU;

/// One number for all letters of a kind, itself for a mark.
std::uint32_t kind_of(std::uint32_t code_point) {
  if (code_point == kNoCodePoint) return 1;
  const auto c = static_cast<UChar32>(code_point);
  if (u_isdigit(c) != 0) return '9';
  if (u_isupper(c) != 0) return 'A';
  if (u_islower(c) != 0) return 'a';
  if (code_point > 0x7F) return 'u';
  return code_point;
}

/// Belongs to a word when it stands at its edge. Whatever is not UTF-8, and all of the scripts from
/// the Chinese on, counts as a letter.
bool is_inner(std::uint32_t code_point) {
  return code_point == kNoCodePoint || code_point > 0x2FFF ||
         u_isalnum(static_cast<UChar32>(code_point)) != 0;
}

bool ends_sentence(std::string_view word) {
  return !word.empty() && std::string_view(".?!:").find(word.back()) != std::string_view::npos;
}

void profile(std::string_view text, std::vector<std::uint32_t>& letters, WordProfile& word) {
  word.letters_begin = static_cast<std::uint32_t>(letters.size());
  Fingerprint exact, folded, shape;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint32_t last_kind = 0;
  std::size_t runs = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char c = utf8_char_at(text, at);
    at += c.bytes;
    const std::uint32_t letter =
        c.code_point == kNoCodePoint
            ? c.code_point
            : static_cast<std::uint32_t>(
                  u_foldCase(static_cast<UChar32>(c.code_point), U_FOLD_CASE_DEFAULT));
    letters.push_back(letter);
    exact.add(c.code_point);
    folded.add(letter);
    const std::uint32_t kind = kind_of(c.code_point);
    if (kind != last_kind && runs++ < kShapeRuns) shape.add(kind);
    last_kind = kind;
    if (!is_inner(c.code_point)) continue;
    if (end == 0) begin = letters.size() - 1;
    end = letters.size();
  }
  word.letters_end = static_cast<std::uint32_t>(letters.size());
  if (end == 0) {
    begin = word.letters_begin;
    end = word.letters_end;
  }
  Fingerprint inner;
  for (std::size_t i = begin; i < end; ++i) {
    if (i - begin == kStemLetters) word.stem = inner.value();
    inner.add(letters[i]);
  }
  word.exact = exact.value();
  word.folded = folded.value();
  word.shape = shape.value();
  word.inner = inner.value();
}

std::int32_t count(const std::vector<std::uint32_t>& next, std::size_t place, std::int32_t most) {
  std::int32_t times = 0;
  for (std::uint32_t at = next[place]; at != kNone && times < most; at = next[at]) {
    if ((at > place ? at - place : place - at) > Recurrence::kReach) break;
    ++times;
  }
  return times;
}

std::vector<std::uint64_t> keys_of(std::span<const WordProfile> words,
                                   std::uint64_t WordProfile::*key) {
  std::vector<std::uint64_t> keys;
  keys.reserve(words.size());
  for (const WordProfile& word : words) keys.push_back(word.*key);
  return keys;
}

std::vector<std::uint64_t> pair_keys(std::span<const WordProfile> words) {
  std::vector<std::uint64_t> keys(words.size());
  for (std::size_t i = 1; i < words.size(); ++i) {
    keys[i] = words[i - 1].inner * 0x9E3779B97F4A7C15ULL + words[i].inner;
  }
  return keys;
}

}  // namespace

WordProfiles profile_words(std::string_view text, std::span<const Word> words,
                           const StopCheck& stop) {
  WordProfiles profiles;
  profiles.words.resize(words.size());
  profiles.letters.reserve(text.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (stops_at(i, stop)) return profiles;
    WordProfile& word = profiles.words[i];
    const auto text_of = [&](const Word& w) { return text.substr(w.begin, w.text_end - w.begin); };
    profile(text_of(words[i]), profiles.letters, word);
    word.line_begin = static_cast<std::uint32_t>(i);
    if (i == 0) continue;
    const WordProfile& before = profiles.words[i - 1];
    const std::string_view between =
        text.substr(words[i - 1].text_end, words[i].begin - words[i - 1].text_end);
    if (between.find('\n') == std::string_view::npos) word.line_begin = before.line_begin;
    word.in_sentence =
        ends_sentence(text_of(words[i - 1])) ? 0 : std::min(before.in_sentence + 1, kInSentenceMax);
  }
  for (std::size_t i = words.size(); i-- > 0;) {
    const bool last = i + 1 == words.size() ||
                      profiles.words[i + 1].line_begin == static_cast<std::uint32_t>(i + 1);
    profiles.words[i].line_end =
        last ? static_cast<std::uint32_t>(i + 1) : profiles.words[i + 1].line_end;
  }
  return profiles;
}

Recurrence::Recurrence(std::span<const std::uint64_t> keys, const StopCheck& stop)
    : before_(keys.size(), kNone), after_(keys.size(), kNone) {
  std::unordered_map<std::uint64_t, std::uint32_t> last;
  last.reserve(keys.size());
  for (std::uint32_t i = 0; i < keys.size(); ++i) {
    if (stops_at(i, stop)) return;
    if (keys[i] == 0) continue;
    const auto [at, is_new] = last.try_emplace(keys[i], i);
    if (is_new) continue;
    before_[i] = at->second;
    after_[at->second] = i;
    at->second = i;
  }
}

std::int32_t Recurrence::before(std::size_t place, std::int32_t most) const {
  return count(before_, place, most);
}

std::int32_t Recurrence::after(std::size_t place, std::int32_t most) const {
  return count(after_, place, most);
}

std::size_t Recurrence::distance(std::size_t place) const {
  const std::uint32_t at = before_[place];
  return at == kNone || place - at > kReach ? 0 : place - at;
}

WordRepeats::WordRepeats(std::span<const WordProfile> words, const StopCheck& stop)
    : words_(keys_of(words, &WordProfile::inner), stop),
      stems_(keys_of(words, &WordProfile::stem), stop),
      pairs_(pair_keys(words), stop) {}

}  // namespace pith
