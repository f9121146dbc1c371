#include "apps/reader/extract_features.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>

namespace pith {
namespace {

/// Kinds of facts. A fact's hash begins with its kind; the order is part of the trained file.
enum Fact : std::uint64_t {
  kAlways = 1,
  kLower,
  kStem,
  kKind,
  kShape,
  kBefore,
  kBehind,
  kTwoBefore,
  kTwoBehind,
  kKindsAround,
  kKindBefore,
  kKindBehind,
  kRarity,
  kTimes,
  kTimesRarity,
  kFirst,
  kLinePlace,
  kSentencePlace,
  kFromEnd,
  kInLine,
  kInSentence,
  kSentenceWords,
  kLabel,
  kSpeaker,
  kSpeakerAsked,
  kMatch,
  kMatchKind,
  kSentenceMatch,
  kSentenceRank,
  kNearMatch,
  kTextWords,
  kRequestAlways,
  kRequestLower,
  kRequestKind,
  kRequestPlace,
  kRequestTimes,
  kTypeLower,
  kAfterQuestion,
  kCovered,
  kAgain = 200,
  kAgainWord,
  kAgainKind,
  kLength = 300,
  kLengthRequest,
  kLengthText,
  kLengthRequestText,
};

class Facts {
 public:
  explicit Facts(SpanFeatures& features) : features_(&features) {}
  void operator()(Fact fact, std::uint64_t a = 0, std::uint64_t b = 0, float value = 1.0F) {
    std::uint64_t hash = fact * 0x9E3779B97F4A7C15U;
    hash = (hash ^ a) * 0xBF58476D1CE4E5B9U;
    hash ^= hash >> 29U;
    hash = (hash ^ b) * 0x94D049BB133111EBU;
    hash ^= hash >> 32U;
    features_->push_back({static_cast<std::uint32_t>(hash), value});
  }

 private:
  SpanFeatures* features_;
};

std::uint64_t log_class(std::uint64_t number) { return std::bit_width(number); }
std::uint64_t tenth(double share) { return static_cast<std::uint64_t>(share * 9.999); }
std::uint64_t at(const std::vector<SpanWord>& words, std::size_t place, bool kind) {
  if (place >= words.size()) return 1;
  return kind ? words[place].kind : words[place].lower;
}

std::uint8_t words_of_rouge(std::string_view spelling) {
  std::uint8_t words = 0;
  bool inside = false;
  for (const char c : spelling) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter && !inside && words < 255) ++words;
    inside = letter;
  }
  return words;
}

void set_labels(std::string_view source, ExtractText& text) {
  constexpr std::size_t kLongest = 5;
  const std::vector<SpanWord>& words = text.text.words;
  text.speaker.assign(text.num_lines, 0);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (text.words[i].in_line != 0) continue;
    for (std::size_t k = i; k < words.size() && k < i + kLongest; ++k) {
      if (text.words[k].line != text.words[i].line) break;
      if (source.substr(words[k].begin, words[k].end - words[k].begin) != ":") continue;
      for (std::size_t w = i; w <= k; ++w) text.words[w].label = true;
      if (k > i) text.speaker[text.words[i].line] = words[k - 1].lower;
      break;
    }
  }
}

void set_distances(ExtractText& text) {
  constexpr std::int32_t kFar = 99;
  const std::size_t size = text.words.size();
  std::int32_t distance = kFar;
  for (std::size_t i = 0; i < size; ++i) {
    distance = text.text.weight[i] > 0 ? 0 : std::min(kFar, distance + 1);
    text.words[i].past_match = distance;
  }
  distance = kFar;
  for (std::size_t i = size; i-- > 0;) {
    distance = text.text.weight[i] > 0 ? 0 : std::min(kFar, distance + 1);
    text.words[i].to_match = distance;
  }
}

}  // namespace

ExtractText extract_text(const SummaryQuery& query, const WordRarity& rarity) {
  ExtractText text;
  text.request = span_question(query.query, rarity);
  for (const SpanWord& word : text.request.words) {
    text.request_hash = (text.request_hash ^ word.lower) * 0xBF58476D1CE4E5B9U;
  }
  text.text = match_text(span_words(query.text), text.request);
  const std::vector<SpanWord>& words = text.text.words;
  text.words.resize(words.size());
  std::unordered_map<std::uint64_t, std::uint32_t> times;
  std::vector<std::uint32_t> sentence_words;
  std::uint32_t line = 0;
  std::uint32_t in_line = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    ExtractWord& word = text.words[i];
    const SpanWord& span = words[i];
    if (i > 0) {
      const std::uint32_t end = words[i - 1].end;
      if (query.text.substr(end, span.begin - end).find('\n') != std::string_view::npos) {
        ++line;
        in_line = 0;
      }
    }
    if (sentence_words.size() <= span.sentence) sentence_words.resize(span.sentence + 1);
    word.line = line;
    word.in_line = in_line++;
    word.in_sentence = sentence_words[span.sentence]++;
    word.cost = words_of_rouge(query.text.substr(span.begin, span.end - span.begin));
    text.total_cost += word.cost;
    word.first = times[span.stem]++ == 0;
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    text.words[i].sentence_words = sentence_words[words[i].sentence];
    text.words[i].times = times[words[i].stem];
  }
  text.num_lines = words.empty() ? 0 : line + 1;
  text.num_sentences = static_cast<std::uint32_t>(sentence_words.size());
  set_labels(query.text, text);
  set_distances(text);
  return text;
}

void add_word_features(const ExtractText& text, const WordRarity& rarity, std::size_t word,
                       SpanFeatures& features) {
  Facts fact(features);
  const std::vector<SpanWord>& words = text.text.words;
  const SpanWord& w = words[word];
  const ExtractWord& e = text.words[word];
  const auto shape = static_cast<std::uint64_t>(w.shape);
  const std::uint64_t rare = tenth(static_cast<double>(rarity(w.lower)));
  const std::uint64_t times = std::min<std::uint64_t>(e.times, 8);
  const std::uint64_t all = log_class(words.size());
  const double lines = std::max(1U, text.num_sentences);
  const std::uint64_t place = tenth(w.sentence / lines);
  const std::uint64_t request = text.request_hash;
  fact(kAlways);
  fact(kLower, w.lower);
  fact(kStem, w.stem);
  fact(kKind, w.kind);
  fact(kShape, shape, e.in_sentence == 0 ? 1 : 0);
  fact(kBefore, at(words, word - 1, false), w.lower);
  fact(kBehind, at(words, word + 1, false), w.lower);
  fact(kTwoBefore, at(words, word - 1, false));
  fact(kTwoBehind, at(words, word + 1, false));
  fact(kKindsAround, at(words, word - 1, true) * 31 + w.kind, at(words, word + 1, true));
  fact(kKindBefore, at(words, word - 1, true), w.kind);
  fact(kKindBehind, at(words, word + 1, true), w.kind);
  fact(kRarity, rare, shape);
  fact(kTimes, times, all);
  fact(kTimesRarity, times * 16 + rare, all);
  fact(kFirst, e.first ? 1 : 0, rare);
  fact(kLinePlace, place, all);
  fact(kSentencePlace, std::min<std::uint64_t>(w.sentence, 12));
  fact(kFromEnd, std::min<std::uint64_t>(text.num_sentences - w.sentence, 12));
  fact(kInLine, std::min<std::uint64_t>(e.in_line, 12));
  fact(kInSentence, std::min<std::uint64_t>(e.in_sentence, 8), log_class(e.sentence_words));
  fact(kSentenceWords, log_class(e.sentence_words), rare);
  fact(kLabel, e.label ? 1 : 0, e.first ? 1 : 0);
  const std::uint64_t speaker = text.speaker[e.line];
  fact(kSpeaker, speaker);
  fact(kAfterQuestion, e.line > 0 ? 1 : 0, rare);
  if (!text.request.words.empty()) {
    const bool asked = std::ranges::find(text.request.unique, speaker) != text.request.unique.end();
    fact(kSpeakerAsked, asked ? 1 : 0, rare);
    const double share = static_cast<double>(text.text.sentence_weight[w.sentence]) /
                         std::max(1e-3, static_cast<double>(text.text.best_sentence));
    fact(kMatch, text.text.weight[word] > 0 ? 1 : 0, rare);
    fact(kMatchKind, text.text.weight[word] > 0 ? 1 : 0, w.kind);
    fact(kSentenceMatch, tenth(std::min(1.0, share)), log_class(e.sentence_words));
    fact(kSentenceRank, text.text.sentence_rank[w.sentence], rare);
    fact(kNearMatch, log_class(static_cast<std::uint64_t>(e.past_match)),
         log_class(static_cast<std::uint64_t>(e.to_match)));
    fact(kCovered,
         tenth(std::min(1.0, static_cast<double>(text.text.covered / text.request.total_weight))),
         rare);
    fact(kTypeLower, text.request.type, w.lower);
  }
  fact(kTextWords, all, rare);
  fact(kRequestAlways, request);
  fact(kRequestLower, request, w.lower);
  fact(kRequestKind, request, w.kind);
  fact(kRequestPlace, request, place);
  fact(kRequestTimes, request, times * 16 + rare);
}

void add_again_features(const SpanWord& word, std::size_t times, SpanFeatures& features) {
  Facts fact(features);
  fact(kAgain, std::min<std::uint64_t>(times, 6));
  fact(kAgainWord, word.lower, std::min<std::uint64_t>(times, 3));
  fact(kAgainKind, word.kind, std::min<std::uint64_t>(times, 3));
}

void add_summary_length_features(const ExtractText& text, SpanFeatures& features) {
  Facts fact(features);
  const auto size = static_cast<float>(std::log2(1.0 + text.total_cost));
  fact(kLength);
  fact(kLengthRequest, text.request_hash);
  fact(kLengthText, 0, 0, size);
  fact(kLengthText, static_cast<std::uint64_t>(size * 2) + 1);
  fact(kLengthRequestText, text.request_hash, static_cast<std::uint64_t>(size));
}

}  // namespace pith
