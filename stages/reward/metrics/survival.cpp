#include "stages/reward/metrics/survival.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <set>

#include "stages/reward/metrics/metric_text.h"

namespace pith {
namespace {

// Sorted. Words of grammar: they survive or not without telling anything about content.
constexpr std::array<std::string_view, 118> kFunctionWords = {
    "about",  "after", "again",  "all",   "also",    "am",      "an",     "and",   "any",
    "are",    "as",    "at",     "be",    "because", "been",    "before", "being", "between",
    "both",   "but",   "by",     "can",   "could",   "did",     "do",     "does",  "doing",
    "during", "each",  "either", "few",   "for",     "from",    "had",    "has",   "have",
    "having", "he",    "her",    "here",  "hers",    "him",     "his",    "how",   "if",
    "in",     "into",  "is",     "it",    "its",     "itself",  "just",   "may",   "me",
    "might",  "more",  "most",   "must",  "my",      "neither", "of",     "off",   "on",
    "once",   "only",  "or",     "other", "our",     "out",     "over",   "own",   "same",
    "shall",  "she",   "should", "so",    "some",    "such",    "than",   "that",  "the",
    "their",  "them",  "then",   "there", "these",   "they",    "this",   "those", "through",
    "to",     "too",   "under",  "until", "up",      "us",      "very",   "was",   "we",
    "were",   "what",  "when",   "where", "whether", "which",   "while",  "who",   "whom",
    "whose",  "why",   "will",   "with",  "within",  "would",   "yet",    "you",   "your",
    "yours"};

static_assert(std::ranges::is_sorted(kFunctionWords));

template <class Sequence>
bool contains(const Sequence& whole, const Sequence& part) {
  return std::search(whole.begin(), whole.end(), part.begin(), part.end()) != whole.end();
}

bool in_word(char32_t c) {
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & (U_GC_L_MASK | U_GC_N_MASK | U_GC_M_MASK)) != 0;
}

}  // namespace

bool answer_survives(std::string_view text, std::span<const std::string> answers, AnswerUnit unit) {
  if (unit == AnswerUnit::kCharacters) {
    const std::u32string whole = answer_characters(text);
    return std::ranges::any_of(answers, [&](const std::string& answer) {
      const std::u32string part = answer_characters(answer);
      return !part.empty() && contains(whole, part);
    });
  }
  const std::vector<std::string> whole = answer_words(text);
  return std::ranges::any_of(answers, [&](const std::string& answer) {
    const std::vector<std::string> part = answer_words(answer);
    return !part.empty() && contains(whole, part);
  });
}

std::vector<std::string> plain_words(std::string_view text) {
  std::vector<std::string> words;
  std::u32string word;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(lower_case(to_utf8(word)));
    word.clear();
  };
  for (const char32_t c : code_points(text)) {
    if (!in_word(c)) {
      end_word();
      continue;
    }
    const bool alone = is_unspaced_script(c);
    if (alone || (u_isupper(static_cast<UChar32>(c)) != 0 && !word.empty() &&
                  u_isupper(static_cast<UChar32>(word.back())) == 0)) {
      end_word();
    }
    word += c;
    if (alone) end_word();
  }
  end_word();
  return words;
}

std::vector<std::string> content_words(std::string_view text) {
  std::vector<std::string> words = plain_words(text);
  std::erase_if(words, [](const std::string& word) {
    const bool letter = word.size() == 1 && word[0] >= 'a' && word[0] <= 'z';
    return letter || std::ranges::binary_search(kFunctionWords, word);
  });
  std::ranges::sort(words);
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

double content_word_recall(std::string_view text, std::string_view reference) {
  const std::vector<std::string> wanted = content_words(reference);
  if (wanted.empty()) return 1.0;
  const std::vector<std::string> words = plain_words(text);
  const std::set<std::string> there(words.begin(), words.end());
  const auto found =
      std::ranges::count_if(wanted, [&](const std::string& word) { return there.contains(word); });
  return static_cast<double>(found) / static_cast<double>(wanted.size());
}

}  // namespace pith
