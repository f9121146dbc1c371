#include "apps/reader/span_words.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>

#include "stages/tokenize/utf8.h"
#include "stages/tokenize/word.h"

namespace pith {
namespace {

constexpr std::size_t kPrefixCharacters = 5;

template <std::size_t N>
constexpr std::array<std::uint64_t, N> hashes(const std::string_view (&words)[N]) {
  std::array<std::uint64_t, N> result = {};
  for (std::size_t i = 0; i < N; ++i) result[i] = word_hash(words[i]);
  std::ranges::sort(result);
  return result;
}

constexpr auto kDateWords =
    hashes({"january", "february", "march", "april", "may", "june", "july", "august", "september",
            "october", "november", "december", "monday", "tuesday", "wednesday", "thursday",
            "friday", "saturday", "sunday"});
constexpr auto kNumberWords =
    hashes({"one",      "two",     "three",  "four",   "five",    "six",      "seven",   "eight",
            "nine",     "ten",     "eleven", "twelve", "twenty",  "thirty",   "forty",   "fifty",
            "sixty",    "seventy", "eighty", "ninety", "hundred", "thousand", "million", "billion",
            "trillion", "dozen",   "half",   "first",  "second",  "third",    "fourth",  "fifth"});
constexpr auto kFunctionWords = hashes(
    {"the",   "a",     "an",      "of",      "in",     "on",      "at",      "to",      "for",
     "by",    "with",  "from",    "and",     "or",     "but",     "as",      "is",      "was",
     "are",   "were",  "be",      "been",    "has",    "have",    "had",     "that",    "which",
     "who",   "whose", "whom",    "it",      "its",    "their",   "his",     "her",     "he",
     "she",   "they",  "them",    "this",    "these",  "those",   "than",    "into",    "over",
     "under", "after", "before",  "between", "during", "through", "not",     "also",    "more",
     "most",  "less",  "about",   "such",    "when",   "where",   "while",   "because", "if",
     "so",    "can",   "could",   "may",     "might",  "will",    "would",   "should",  "must",
     "do",    "does",  "did",     "being",   "other",  "some",    "all",     "any",     "both",
     "each",  "many",  "several", "no",      "up",     "out",     "against", "within",  "without",
     "until", "since", "among",   "only",    "there",  "then",    "however", "own",     "very",
     "'s"});
constexpr std::string_view kEndings[] = {"ing",  "ed",  "ly",  "ion", "ity",  "ment",
                                         "ness", "ous", "ive", "al",  "ic",   "er",
                                         "or",   "ist", "ism", "est", "able", "s"};
constexpr auto kAbbreviations = hashes(
    {"mr", "mrs", "ms", "dr", "st", "jr", "sr", "vs", "no", "u.s", "u.k", "e.g", "i.e", "etc"});
constexpr auto kOpening = hashes({"$", "\"", "'", "(", "#", "-", "+", "~", "£", "€", "¥", "«", "「",
                                  "『", "《", "〈", "“", "‘"});
constexpr auto kClosing =
    hashes({"\"", "'", ")", "%", "°", "+", "»", "」", "』", "》", "〉", "”", "’", "℃", "％"});
constexpr auto kWideStops = hashes({"。", "！", "？", "।"});

template <std::size_t N>
bool among(const std::array<std::uint64_t, N>& words, std::uint64_t hash) {
  return std::ranges::binary_search(words, hash);
}

void append_utf8(std::uint32_t c, std::string& out) {
  const auto byte = [&out](std::uint32_t value) { out += static_cast<char>(value); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0U | c >> 6U);
    byte(0x80U | (c & 0x3FU));
  } else if (c < 0x10000) {
    byte(0xE0U | c >> 12U);
    byte(0x80U | (c >> 6U & 0x3FU));
    byte(0x80U | (c & 0x3FU));
  } else {
    byte(0xF0U | c >> 18U);
    byte(0x80U | (c >> 12U & 0x3FU));
    byte(0x80U | (c >> 6U & 0x3FU));
    byte(0x80U | (c & 0x3FU));
  }
}

/// Lower case, curly apostrophes straight; bytes that are not UTF-8 are question marks.
std::string lower_case(std::string_view text) {
  std::string lower;
  lower.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char c = utf8_char_at(text, at);
    at += c.bytes;
    if (c.code_point == kNoCodePoint) {
      lower += '?';
    } else if (c.code_point == 0x2019) {
      lower += '\'';
    } else {
      append_utf8(static_cast<std::uint32_t>(u_tolower(static_cast<UChar32>(c.code_point))), lower);
    }
  }
  return lower;
}

bool is_letter(std::uint32_t c) {
  if (c == kNoCodePoint) return false;
  const auto code_point = static_cast<UChar32>(c);
  if (u_isalnum(code_point) != 0) return true;
  const auto kind = u_charType(code_point);
  return kind == U_NON_SPACING_MARK || kind == U_COMBINING_SPACING_MARK;
}

/// How many characters of a word are what.
struct CharacterCounts {
  std::size_t all = 0, digits = 0, upper = 0, han = 0, hiragana = 0, katakana = 0, other = 0;
  bool upper_first = false, points_only = true;
};

CharacterCounts count_characters(std::string_view word) {
  CharacterCounts count;
  for (std::size_t at = 0; at < word.size();) {
    const Utf8Char c = utf8_char_at(word, at);
    at += c.bytes;
    if (c.code_point == kNoCodePoint) continue;
    const std::uint32_t u = c.code_point;
    if (u_isdigit(static_cast<UChar32>(u)) != 0) {
      ++count.digits;
    } else {
      count.points_only = count.points_only && (u == '.' || u == ',');
      if (u_isupper(static_cast<UChar32>(u)) != 0) {
        ++count.upper;
        count.upper_first = count.upper_first || count.all == 0;
      } else if ((u >= 0x3400 && u <= 0x4DBF) || (u >= 0x4E00 && u <= 0x9FFF) || u == 0x3005) {
        ++count.han;
      } else if (u >= 0x3040 && u < 0x30A0) {
        ++count.hiragana;
      } else if (u >= 0x30A0 && u < 0x3100) {
        ++count.katakana;
      } else if (u >= 0x590 && (u < 0x1E00 || u >= 0x2000)) {
        ++count.other;
      }
    }
    ++count.all;
  }
  return count;
}

WordShape shape_of(std::string_view word, std::uint64_t lower, bool first_word) {
  const CharacterCounts count = count_characters(word);
  if (count.digits > 0) {
    const bool four = count.digits == 4 && count.all == 4;
    if (four && (word.front() == '1' || word.front() == '2')) return WordShape::kYear;
    return count.points_only ? WordShape::kNumber : WordShape::kAlphanumber;
  }
  if (count.han > 0) return WordShape::kHan;
  if (count.katakana > 0) return WordShape::kKatakana;
  if (count.hiragana > 0) return WordShape::kHiragana;
  if (count.other > 0) return WordShape::kOther;
  if (count.upper_first && among(kDateWords, lower)) return WordShape::kDateWord;
  if (among(kNumberWords, lower)) return WordShape::kNumberWord;
  if (count.upper == 0) return WordShape::kLower;
  if (count.upper == 1 && count.upper_first) {
    return first_word ? WordShape::kFirstWord : WordShape::kCapital;
  }
  return count.upper == count.all ? WordShape::kCapitals : WordShape::kMixed;
}

std::uint64_t kind_of(const std::string& lower, std::uint64_t hash, WordShape shape) {
  const auto by_shape = static_cast<std::uint64_t>(shape) + 1;
  if (shape == WordShape::kMark || among(kFunctionWords, hash)) return hash;
  if (shape != WordShape::kLower) return by_shape;
  const auto ending = std::ranges::find_if(kEndings, [&](std::string_view text) {
    return lower.size() > text.size() + 1 && lower.ends_with(text);
  });
  if (ending == std::end(kEndings)) return by_shape;
  return 100 + static_cast<std::uint64_t>(ending - std::begin(kEndings));
}

std::uint64_t prefix_hash(const std::string& lower) {
  std::size_t at = 0;
  std::size_t characters = 0;
  while (at < lower.size() && characters < kPrefixCharacters) {
    at += utf8_char_at(lower, at).bytes;
    ++characters;
  }
  if (characters < kPrefixCharacters) return ~word_hash(lower);
  return ~word_hash(std::string_view(lower).substr(0, at));
}

class SpanWordList {
 public:
  explicit SpanWordList(std::string_view text) : text_(text) {}

  void add(const Word& word) {
    std::uint32_t first = word.text_end;  // of letters and digits
    std::uint32_t last = word.begin;
    for (std::uint32_t at = word.begin; at < word.text_end;) {
      const Utf8Char c = utf8_char_at(text_, at);
      if (is_letter(c.code_point)) {
        first = std::min(first, at);
        last = at + c.bytes;
      }
      at += c.bytes;
    }
    if (first >= last) {
      add_marks(word, word.begin, word.text_end);
    } else {
      add_marks(word, word.begin, first);
      const std::string_view core = text_.substr(first, last - first);
      std::uint32_t cut = last;
      if (core.size() > 2 && (core.ends_with("'s") || core.ends_with("'S"))) cut = last - 2;
      if (core.size() > 4 && core.ends_with("’s")) cut = last - 4;
      add_core(first, cut);
      if (cut < last) {
        add_core(cut, last);
        words_.back().may_begin = false;
      }
      add_marks(word, last, word.text_end);
    }
    const std::string_view blanks = text_.substr(word.text_end, word.end - word.text_end);
    if (blanks.find('\n') != std::string_view::npos) end_sentence();
  }

  std::vector<SpanWord> take() { return std::move(words_); }

 private:
  void add_core(std::uint32_t begin, std::uint32_t end) {
    const std::string_view spelling = text_.substr(begin, end - begin);
    const std::string lower = lower_case(spelling);
    SpanWord word = {.begin = begin, .end = end, .sentence = sentence_, .lower = word_hash(lower)};
    word.stem = word_hash(english_stem(lower));
    word.prefix = prefix_hash(lower);
    word.shape = shape_of(spelling, word.lower, first_word_);
    word.kind = kind_of(lower, word.lower, word.shape);
    word.may_begin = word.may_end = true;
    first_word_ = false;
    words_.push_back(word);
  }

  void add_marks(const Word& word, std::uint32_t begin, std::uint32_t end) {
    for (std::uint32_t at = begin; at < end;) {
      const std::uint32_t bytes = utf8_char_at(text_, at).bytes;
      const std::string_view mark = text_.substr(at, bytes);
      const std::uint64_t hash = word_hash(mark);
      words_.push_back({.begin = at,
                        .end = at + bytes,
                        .sentence = sentence_,
                        .lower = hash,
                        .stem = hash,
                        .prefix = ~hash,
                        .kind = hash,
                        .may_begin = among(kOpening, hash),
                        .may_end = among(kClosing, hash)});
      at += bytes;
      const bool before_blank = at == word.text_end && (word.end > at || at == text_.size());
      if (among(kWideStops, hash) || ((mark == "!" || mark == "?") && before_blank) ||
          (mark == "." && before_blank && !behind_abbreviation())) {
        end_sentence();
      }
    }
  }

  bool behind_abbreviation() const {
    if (words_.size() < 2) return false;
    const SpanWord& word = words_[words_.size() - 2];
    return among(kAbbreviations, word.lower) ||
           (word.end - word.begin == 1 && word.shape != WordShape::kNumber &&
            word.shape != WordShape::kMark);
  }

  void end_sentence() {
    if (words_.empty() || words_.back().sentence != sentence_) return;
    ++sentence_;
    first_word_ = true;
  }

  std::string_view text_;
  std::vector<SpanWord> words_;
  std::uint32_t sentence_ = 0;
  bool first_word_ = true;
};

}  // namespace

std::string english_stem(const std::string& word) {
  if (std::ranges::any_of(word, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return word;
  }
  struct Ending {
    std::string_view text, instead;
  };
  static constexpr Ending kEndings[] = {
      {"iness", "y"}, {"ation", "at"}, {"ating", "at"}, {"ated", "at"}, {"ment", ""}, {"ally", ""},
      {"tion", "t"},  {"sion", "s"},   {"ies", "y"},    {"ied", "y"},   {"ing", ""},  {"ly", ""},
      {"ed", ""},     {"es", ""},      {"er", ""},      {"or", ""},     {"al", ""}};
  std::string stem = word;
  const Ending* found = nullptr;
  for (const Ending& ending : kEndings) {
    if (word.size() > ending.text.size() + 2 && word.ends_with(ending.text)) {
      found = &ending;
      break;
    }
  }
  if (found != nullptr) {
    stem = word.substr(0, word.size() - found->text.size()) + std::string(found->instead);
  } else if (word.size() > 3 && word.back() == 's' && !word.ends_with("ss")) {
    stem.pop_back();
  }
  if (stem.size() > 3 && stem.back() == 'e') stem.pop_back();
  if (stem.size() > 3 && stem[stem.size() - 1] == stem[stem.size() - 2]) stem.pop_back();
  return stem;
}

std::vector<SpanWord> span_words(std::string_view text) {
  SpanWordList list(text);
  for (const Word& word : split_words(text, {0, static_cast<std::uint32_t>(text.size())})) {
    list.add(word);
  }
  return list.take();
}

}  // namespace pith
