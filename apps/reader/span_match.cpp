#include "apps/reader/span_match.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

namespace pith {
namespace {

/// Rarer words count.
constexpr float kRarityLeast = 0.25F;
constexpr float kByStem = 0.8F;
constexpr float kByPrefix = 0.5F;

template <std::size_t N>
constexpr std::array<std::uint64_t, N> hashes(const std::string_view (&words)[N]) {
  std::array<std::uint64_t, N> result = {};
  for (std::size_t i = 0; i < N; ++i) result[i] = word_hash(words[i]);
  return result;
}

constexpr auto kAsking =
    hashes({"who", "whom", "whose", "what", "which", "when", "where", "why", "how"});
/// Behind "what": not yet what is asked for.
constexpr auto kEmpty =
    hashes({"is",  "are",   "was",  "were",  "do",     "does", "did",   "has",  "have", "had",
            "can", "could", "will", "would", "should", "may",  "might", "be",   "been", "the",
            "a",   "an",    "'s",   "of",    "kind",   "type", "name",  "many", "much", "in"});

template <std::size_t N>
bool among(const std::array<std::uint64_t, N>& words, std::uint64_t hash) {
  return std::ranges::find(words, hash) != words.end();
}

std::uint64_t both(std::uint64_t a, std::uint64_t b) {
  return (a * 0x9E3779B97F4A7C15U) ^ (b + 0x7F4A7C15U + (a >> 29U));
}

void set_type(SpanQuestion& question) {
  static constexpr auto kWithNext = hashes({"how", "what", "which"});
  const std::vector<SpanWord>& words = question.words;
  const auto found =
      std::ranges::find_if(words, [](const SpanWord& word) { return among(kAsking, word.lower); });
  if (found == words.end()) {
    question.type = both(2, words.empty() ? 0 : words.front().lower);
    return;
  }
  question.asking = static_cast<std::int32_t>(found - words.begin());
  const std::uint64_t next = found + 1 == words.end() ? 0 : (found + 1)->lower;
  question.type = among(kWithNext, found->lower) ? both(found->lower, next) : found->lower;
  const auto topic = std::find_if(found + 1, words.end(), [](const SpanWord& word) {
    return word.shape != WordShape::kMark && !among(kEmpty, word.lower);
  });
  if (topic != words.end()) question.topic = topic->stem;
}

/// Where words of a question stand, by spelling, stem and prefix.
struct QuestionIndex {
  explicit QuestionIndex(const SpanQuestion& question) {
    for (std::size_t i = 0; i < question.words.size(); ++i) {
      if (question.weight[i] <= 0) continue;
      const SpanWord& word = question.words[i];
      const auto place = static_cast<std::int32_t>(i);
      lower.emplace(word.lower, place);
      stem.emplace(word.stem, place);
      prefix.emplace(word.prefix, place);
    }
  }
  /// Place and share of the weight; -1: none.
  std::pair<std::int32_t, float> find(const SpanWord& word) const {
    if (const auto at = lower.find(word.lower); at != lower.end()) return {at->second, 1.0F};
    if (const auto at = stem.find(word.stem); at != stem.end()) return {at->second, kByStem};
    if (const auto at = prefix.find(word.prefix); at != prefix.end()) {
      return {at->second, kByPrefix};
    }
    return {-1, 0.0F};
  }
  std::unordered_map<std::uint64_t, std::int32_t> lower, stem, prefix;
};

}  // namespace

WordRarity::WordRarity() : rarity_(kSize, 1.0F) {}

WordRarity::WordRarity(std::vector<float> rarity) : rarity_(std::move(rarity)) {
  assert(rarity_.size() == kSize);
}

WordRarity WordRarity::of_texts(std::span<const std::vector<SpanWord>> texts) {
  std::vector<std::uint32_t> count(kSize);
  std::unordered_set<std::uint64_t> seen;
  for (const std::vector<SpanWord>& words : texts) {
    seen.clear();
    for (const SpanWord& word : words) {
      if (seen.insert(word.lower & (kSize - 1)).second) ++count[word.lower & (kSize - 1)];
    }
  }
  const double all = static_cast<double>(texts.size()) + 1.0;
  std::vector<float> rarity(kSize, 1.0F);
  if (texts.empty()) return WordRarity(std::move(rarity));
  for (std::size_t i = 0; i < kSize; ++i) {
    rarity[i] = static_cast<float>(std::log(all / (count[i] + 1.0)) / std::log(all));
  }
  return WordRarity(std::move(rarity));
}

SpanQuestion span_question(std::string_view text, const WordRarity& rarity) {
  SpanQuestion question;
  question.words = span_words(text);
  set_type(question);
  std::unordered_set<std::uint64_t> seen;
  for (const SpanWord& word : question.words) {
    const bool first = seen.insert(word.lower).second;
    float weight = rarity(word.lower);
    if (!first || weight < kRarityLeast || word.shape == WordShape::kMark ||
        among(kAsking, word.lower)) {
      weight = 0;
    }
    question.weight.push_back(weight);
    question.total_weight += weight;
    if (first && word.shape != WordShape::kMark) question.unique.push_back(word.lower);
  }
  question.total_weight = std::max(question.total_weight, 1e-3F);
  return question;
}

MatchedText match_text(std::vector<SpanWord> words, const SpanQuestion& question) {
  MatchedText text;
  text.words = std::move(words);
  const std::size_t num_words = text.words.size();
  const std::size_t num_asked = question.words.size();
  text.weight.assign(num_words, 0.0F);
  text.partner.assign(num_words, -1);
  text.found.assign(num_asked, 0);
  const std::size_t num_sentences = num_words == 0 ? 0 : text.words.back().sentence + 1;
  std::vector<float> anywhere(num_asked);
  std::vector<float> here(num_asked * num_sentences);
  const QuestionIndex index(question);
  for (std::size_t i = 0; i < num_words; ++i) {
    const SpanWord& word = text.words[i];
    if (word.shape == WordShape::kMark) continue;
    const auto [place, share] = index.find(word);
    if (place < 0) continue;
    const auto partner = static_cast<std::size_t>(place);
    text.partner[i] = place;
    text.weight[i] = question.weight[partner] * share;
    text.found[partner] = 1;
    anywhere[partner] = std::max(anywhere[partner], text.weight[i]);
    float& in_sentence = here[word.sentence * num_asked + partner];
    in_sentence = std::max(in_sentence, text.weight[i]);
  }
  for (const float weight : anywhere) text.covered += weight;
  for (std::size_t s = 0; s < num_sentences; ++s) {
    float sum = 0;
    for (std::size_t k = 0; k < num_asked; ++k) sum += here[s * num_asked + k];
    text.sentence_weight.push_back(sum);
    text.best_sentence = std::max(text.best_sentence, sum);
  }
  constexpr std::size_t kRankMost = 5;
  for (std::size_t s = 0; s < num_sentences; ++s) {
    std::size_t rank = 0;
    for (std::size_t t = 0; t < num_sentences && rank < kRankMost; ++t) {
      const float other = text.sentence_weight[t];
      const float own = text.sentence_weight[s];
      if (other > own || (other == own && t < s)) ++rank;
    }
    text.sentence_rank.push_back(static_cast<std::uint8_t>(rank));
  }
  return text;
}

}  // namespace pith
