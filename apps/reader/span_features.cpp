#include "apps/reader/span_features.h"

#include <algorithm>
#include <array>

namespace pith {
namespace {

/// Kinds of facts. A fact's hash begins with its kind; the order is part of the trained file.
enum Fact : std::uint64_t {
  kWord = 1,
  kOutside,
  kWordAndOutside,
  kTwoOutside,
  kShapes,
  kTypeShape,
  kTypeShapes,
  kTypeOutside,
  kTypeWord,
  kTopicShape,
  kTypeInside,
  kTopicInside,
  kAskedShape,
  kAskedWord,
  kAskedOutside,
  kSentenceShare,
  kSentenceRank,
  kSentenceWeight,
  kSentenceOfBest,
  kSentenceBefore,
  kNearWindows,
  kFarWindows,
  kNearWeight,
  kMiddleWeight,
  kFarWeight,
  kTypeNear,
  kInsideWindow,
  kAligned,
  kMatchNear,
  kFirstMatch,
  kFirstMatchWords,
  kFirstMatchOutside,
  kTypeDistance,
  kNoMatch,
  kMatchedItself,
  kTypeMatchedItself,
  kKinds,
  kTypeKind,
  kTypeKinds,
  kTopicKinds,
  kAskedKind,
  kTypeTwoOutside,
  kKindsInside,
  kEdgeKinds = 100,
  kLength = 300,
  kTypeLength,
  kLengthClass,
  kTypeLengthClass,
  kPattern,
  kTypePattern,
  kTopicPattern,
  kAskedPattern,
  kNeighbours,
  kMatchedInside,
  kCapitals,
  kMarksInside,
  kEdgeShapes,
  kTypeText,
  kText,
  kTopicText,
  kTypeEdgeShapes,
  kTypeFirst,
  kEdgeWords,
  kBothSides,
  kMarksAround,
  kCutName,
  kKindPattern,
  kTypeKindPattern,
  kTopicKindPattern,
  kKindPatternAround,
  kEdgeKindsTogether,
  kNoSpanFacts = 400,
  kPrior,
  kAskedFirst,
  kAskedType,
  kAskedTwo,
  kAskedAny,
  kCovered,
  kBest,
  kCoveredAndBest,
  kMissingShape,
  kMissingWeight,
  kNumMissing,
  kTextLength,
  kSentenceWord,
  kDenial,
  kNoSpanKinds = 50
};

constexpr std::uint64_t mixed(std::uint64_t z) {
  z ^= z >> 30U;
  z *= 0xBF58476D1CE4E5B9U;
  z ^= z >> 27U;
  z *= 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

template <class... More>
std::uint64_t fact(std::uint64_t kind, More... parts) {
  std::uint64_t hash = kind;
  ((hash = mixed(hash * 0x9E3779B97F4A7C15U + static_cast<std::uint64_t>(parts) + 0x1234567U)),
   ...);
  return mixed(hash);
}

/// A share in [0, 1] in eight steps; 0 stands alone.
int step_of(float share) {
  return share <= 0 ? 0 : 1 + static_cast<int>(std::min(7.0F, share * 8.0F));
}

int distance_class(int distance) {
  if (distance <= 4) return distance;
  if (distance <= 6) return 5;
  return distance <= 9 ? 6 : 7;
}

/// A text seen from one of its words, outwards from an answer: 0 is the word, 1 the first outside.
class View {
 public:
  View(const MatchedText& text, std::size_t word, int direction)
      : text_(text), at_(static_cast<int>(word)), direction_(direction) {}

  /// Inside the text and the word's sentence.
  bool within(int distance) const {
    const int place = at_ + direction_ * distance;
    return place >= 0 && place < size() && word_at(place).sentence == word_at(at_).sentence;
  }
  std::uint64_t lower(int distance) const {
    const int place = at_ + direction_ * distance;
    return place < 0 || place >= size() ? 7 : word_at(place).lower;
  }
  std::uint64_t shape(int distance) const {
    const int place = at_ + direction_ * distance;
    return place < 0 || place >= size() ? 99 : static_cast<std::uint64_t>(word_at(place).shape);
  }
  std::uint64_t kind(int distance) const {
    const int place = at_ + direction_ * distance;
    return place < 0 || place >= size() ? 99 : word_at(place).kind;
  }
  std::size_t place(int distance) const {
    return static_cast<std::size_t>(at_ + direction_ * distance);
  }
  /// Weight of the matched words from `first` to `last`.
  float matched(int first, int last) const {
    const int step = first <= last ? 1 : -1;
    float sum = 0;
    for (int d = first; d != last + step && within(d); d += step) sum += text_.weight[place(d)];
    return sum;
  }

 private:
  int size() const { return static_cast<int>(text_.words.size()); }
  const SpanWord& word_at(int place) const { return text_.words[static_cast<std::size_t>(place)]; }

  const MatchedText& text_;
  int at_;
  int direction_;
};

class Facts {
 public:
  Facts(SpanFeatures& features, std::uint64_t shift) : features_(features), shift_(shift) {}
  template <class... More>
  void add(Fact kind, More... parts) {
    features_.push_back({static_cast<std::uint32_t>(fact(kind + shift_, parts...)), 1.0F});
  }
  template <class... More>
  void weigh(float value, Fact kind, More... parts) {
    features_.push_back({static_cast<std::uint32_t>(fact(kind + shift_, parts...)), value});
  }

 private:
  SpanFeatures& features_;
  std::uint64_t shift_;
};

void add_words(const SpanQuestion& question, const View& view, Facts& facts) {
  facts.add(kWord, view.lower(0));
  facts.add(kOutside, view.lower(1));
  facts.add(kWordAndOutside, view.lower(0), view.lower(1));
  facts.add(kTwoOutside, view.lower(1), view.lower(2));
  facts.add(kShapes, view.shape(0), view.shape(1), view.shape(-1));
  facts.add(kTypeShape, question.type, view.shape(0));
  facts.add(kTypeShapes, question.type, view.shape(0), view.shape(1));
  facts.add(kTypeOutside, question.type, view.lower(1));
  facts.add(kTypeWord, question.type, view.lower(0));
  facts.add(kTopicShape, question.topic, view.shape(0));
  facts.add(kTypeInside, question.type, view.shape(-1), view.shape(0));
  facts.add(kTopicInside, question.topic, view.lower(-1));
  facts.add(kKinds, view.kind(0), view.kind(1));
  facts.add(kKindsInside, view.kind(-1), view.kind(0), view.kind(1));
  facts.add(kTypeKind, question.type, view.kind(0));
  facts.add(kTypeKinds, question.type, view.kind(0), view.kind(1));
  facts.add(kTopicKinds, question.topic, view.kind(0), view.kind(1));
  facts.add(kTypeTwoOutside, question.type, view.lower(1), view.lower(2));
  for (const std::uint64_t asked : question.unique) {
    facts.add(kAskedKind, asked, view.kind(0));
    facts.add(kAskedShape, asked, view.shape(0));
    facts.add(kAskedWord, asked, view.lower(0));
    facts.add(kAskedOutside, asked, view.lower(1));
  }
}

void add_sentence(const SpanQuestion& question, const MatchedText& text, std::size_t sentence,
                  Facts& facts) {
  const float share = text.sentence_weight[sentence] / question.total_weight;
  const float of_best =
      text.best_sentence > 0 ? text.sentence_weight[sentence] / text.best_sentence : 0.0F;
  const float before =
      sentence > 0 ? text.sentence_weight[sentence - 1] / question.total_weight : 0.0F;
  facts.add(kSentenceShare, step_of(share), step_of(of_best));
  facts.add(kSentenceRank, text.sentence_rank[sentence]);
  facts.weigh(2.0F * share, kSentenceWeight);
  facts.weigh(2.0F * of_best, kSentenceOfBest);
  facts.add(kSentenceBefore, step_of(before), step_of(share));
}

void add_windows(const SpanQuestion& question, const View& view, Facts& facts) {
  const float scale = 1.0F / question.total_weight;
  const float next = view.matched(1, 1) * scale;
  const float near = view.matched(1, 3) * scale;
  const float middle = view.matched(1, 6) * scale;
  const float far = view.matched(1, 12) * scale;
  facts.add(kNearWindows, step_of(2.0F * next), step_of(1.5F * near));
  facts.add(kFarWindows, step_of(middle), step_of(far));
  facts.weigh(3.0F * near, kNearWeight);
  facts.weigh(3.0F * middle, kMiddleWeight);
  facts.weigh(3.0F * far, kFarWeight);
  facts.add(kTypeNear, question.type, step_of(1.5F * near));
  facts.add(kInsideWindow, step_of(view.matched(0, -8) * scale));
}

/// Matched words outside: how far, and where their partners stand from the asking word. This is
/// what there is of syntax.
void add_alignment(const SpanQuestion& question, const MatchedText& text, const View& view,
                   Facts& facts) {
  constexpr int kFarthest = 10;
  bool first = true;
  for (int d = 1; d <= kFarthest && view.within(d); ++d) {
    const std::size_t place = view.place(d);
    if (text.partner[place] < 0) continue;
    const int from_asking = std::clamp(text.partner[place] - question.asking, -3, 8) + 10;
    const std::uint64_t stem = text.words[place].stem;
    facts.weigh(3.0F * text.weight[place] / question.total_weight, kAligned, distance_class(d),
                from_asking);
    facts.add(kMatchNear, stem, std::min(d, 3));
    if (!first) continue;
    first = false;
    facts.add(kFirstMatch, d, from_asking);
    facts.add(kFirstMatchWords, question.type, stem, view.lower(1));
    facts.add(kFirstMatchOutside, d, view.lower(1));
    facts.add(kTypeDistance, question.type, distance_class(d));
  }
  if (first) facts.add(kNoMatch);
  const float own = text.weight[view.place(0)];
  if (own > 0) {
    facts.add(kMatchedItself, step_of(own / question.total_weight));
    facts.add(kTypeMatchedItself, question.type);
  }
}

/// What is inside a span.
struct Inside {
  std::uint64_t pattern = 5;  ///< Of its shapes, equal neighbours folded.
  std::uint64_t kinds = 6;    ///< The same of its words' kinds.
  std::uint64_t text = 9;
  float matched = 0;
  int capitals = 0, quotes = 0, brackets = 0;
  bool comma = false;
};

Inside inside_of(const MatchedText& text, std::size_t first, std::size_t last) {
  static constexpr std::uint64_t kQuotes[] = {word_hash("\""), word_hash("“"), word_hash("”")};
  Inside inside;
  std::uint64_t before = ~std::uint64_t{0};
  std::uint64_t kind_before = ~std::uint64_t{0};
  for (std::size_t i = first; i <= last; ++i) {
    const SpanWord& word = text.words[i];
    std::uint64_t kind = static_cast<std::uint64_t>(word.shape);
    if (word.shape == WordShape::kMark) {
      kind = word.lower;
      inside.comma = inside.comma || word.lower == word_hash(",");
      if (std::ranges::find(kQuotes, word.lower) != std::end(kQuotes)) ++inside.quotes;
      if (word.lower == word_hash("(")) ++inside.brackets;
      if (word.lower == word_hash(")")) --inside.brackets;
    }
    inside.capitals +=
        word.shape == WordShape::kCapital || word.shape == WordShape::kFirstWord ? 1 : 0;
    if (kind != before) inside.pattern = fact(inside.pattern, kind);
    before = kind;
    if (word.kind != kind_before) inside.kinds = fact(inside.kinds, word.kind);
    kind_before = word.kind;
    inside.text = fact(inside.text, word.lower);
    inside.matched += text.weight[i];
  }
  return inside;
}

std::size_t length_class(std::size_t num_words) {
  if (num_words <= 6) return num_words;
  if (num_words <= 9) return 7;
  return num_words <= 13 ? 8 : 9;
}

}  // namespace

void add_edge_features(const SpanQuestion& question, const MatchedText& text, std::size_t word,
                       Edge edge, SpanFeatures& features) {
  const View view(text, word, edge == Edge::kBegin ? -1 : 1);
  Facts facts(features, edge == Edge::kBegin ? 0 : std::uint64_t{kEdgeKinds});
  add_words(question, view, facts);
  add_sentence(question, text, text.words[word].sentence, facts);
  add_windows(question, view, facts);
  add_alignment(question, text, view, facts);
}

void add_length_features(const SpanQuestion& question, std::size_t num_words,
                         SpanFeatures& features) {
  Facts facts(features, 0);
  facts.add(kLength, num_words);
  facts.add(kTypeLength, question.type, num_words);
}

void add_span_features(const SpanQuestion& question, const MatchedText& text, std::size_t first,
                       std::size_t last, SpanFeatures& features) {
  const View left(text, first, -1);
  const View right(text, last, 1);
  const Inside inside = inside_of(text, first, last);
  const std::size_t length = length_class(last - first + 1);
  const std::uint64_t first_shape = left.shape(0);
  const std::uint64_t last_shape = right.shape(0);
  const float scale = 1.0F / question.total_weight;
  Facts facts(features, 0);
  facts.add(kLengthClass, length);
  facts.add(kTypeLengthClass, question.type, length);
  facts.add(kPattern, inside.pattern);
  facts.add(kTypePattern, question.type, inside.pattern);
  facts.add(kTopicPattern, question.topic, inside.pattern);
  for (const std::uint64_t asked : question.unique) facts.add(kAskedPattern, asked, inside.pattern);
  facts.add(kKindPattern, inside.kinds);
  facts.add(kTypeKindPattern, question.type, inside.kinds);
  facts.add(kTopicKindPattern, question.topic, inside.kinds);
  facts.add(kKindPatternAround, left.kind(1), inside.kinds, right.kind(1));
  facts.add(kEdgeKindsTogether, left.kind(1), left.kind(0), right.kind(0), right.kind(1));
  facts.add(kNeighbours, left.lower(1), right.lower(1));
  facts.add(kMatchedInside, step_of(inside.matched * scale), length);
  facts.add(kCapitals, std::min(inside.capitals, 5));
  facts.add(kMarksInside, inside.comma, std::min(inside.quotes, 2), inside.brackets + 100);
  facts.add(kEdgeShapes, first_shape, last_shape, length);
  if (last - first < 3) {
    facts.add(kTypeText, question.type, inside.text);
    facts.add(kText, inside.text);
    facts.add(kTopicText, question.topic, inside.text);
  }
  facts.add(kTypeEdgeShapes, question.type, first_shape, last_shape);
  facts.add(kTypeFirst, question.type, left.lower(0));
  facts.add(kEdgeWords, left.lower(0), right.lower(0));
  facts.add(kBothSides, step_of(left.matched(1, 6) * scale), step_of(right.matched(1, 6) * scale));
  const auto mark = static_cast<std::uint64_t>(WordShape::kMark);
  facts.add(kMarksAround, left.shape(1) == mark, right.shape(1) == mark || !right.within(1),
            length);
  const auto capital = static_cast<std::uint64_t>(WordShape::kCapital);
  facts.add(kCutName, (first_shape == capital && left.shape(1) == capital) ||
                          (last_shape == capital && right.shape(1) == capital));
}

void add_no_span_features(const SpanQuestion& question, const MatchedText& text, NoSpan answer,
                          SpanFeatures& features) {
  static constexpr std::uint64_t kDenials[] = {word_hash("not"),        word_hash("no"),
                                               word_hash("never"),      word_hash("neither"),
                                               word_hash("without"),    word_hash("cannot"),
                                               word_hash("only"),       word_hash("unlike"),
                                               word_hash("however"),    word_hash("but"),
                                               word_hash("although"),   word_hash("also"),
                                               word_hash("both"),       word_hash("significantly"),
                                               word_hash("significant")};
  Facts facts(features, kNoSpanKinds * static_cast<std::uint64_t>(answer));
  const std::vector<SpanWord>& words = question.words;
  const std::uint64_t first = words.empty() ? 0 : words.front().lower;
  facts.add(kPrior);
  facts.add(kAskedFirst, first);
  facts.add(kAskedType, question.type);
  if (words.size() > 1) facts.add(kAskedTwo, first, words[1].lower);
  for (const std::uint64_t asked : question.unique) facts.add(kAskedAny, asked);
  const int covered = step_of(text.covered / question.total_weight);
  const int best = step_of(text.best_sentence / question.total_weight);
  facts.add(kCovered, covered);
  facts.add(kBest, best);
  facts.add(kCoveredAndBest, covered, best);
  int missing = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (question.weight[i] <= 0 || text.found[i] != 0) continue;
    ++missing;
    facts.add(kMissingShape, words[i].shape);
    if (answer == NoSpan::kUnanswerable) facts.weigh(question.weight[i], kMissingWeight);
  }
  facts.add(kNumMissing, std::min(missing, 6));
  facts.add(kTextLength, std::min<std::size_t>(text.words.size() / 16, 10));
  if (answer == NoSpan::kUnanswerable) return;
  for (const SpanWord& word : text.words) {
    const bool in_best = text.sentence_rank[word.sentence] == 0;
    if (in_best) facts.weigh(0.5F, kSentenceWord, word.lower);
    if (std::ranges::find(kDenials, word.lower) != std::end(kDenials)) {
      facts.weigh(0.5F, kDenial, word.lower, in_best);
    }
  }
}

}  // namespace pith
