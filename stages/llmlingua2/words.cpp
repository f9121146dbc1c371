#include "stages/llmlingua2/words.h"

#include <cassert>

#include "stages/llmlingua2/python_text.h"

namespace pith {
namespace {

/// What is known of a word before its last piece: sums in double, from the left.
class WordMeter {
 public:
  explicit WordMeter(WordMeasure measure) : measure_(measure) {}

  void begin() {
    sum_ = 0;
    count_ = 0;
  }
  void add(double prob) {
    if (count_++ == 0) first_ = prob;
    sum_ += prob;
  }
  double value() const { return measure_ == WordMeasure::kFirst ? first_ : sum_ / count_; }

 private:
  WordMeasure measure_;
  double first_ = 0;
  double sum_ = 0;
  int count_ = 0;
};

bool begins_word(std::string_view piece, std::string_view bare, const WordRules& rules) {
  if (rules.style.metaspace) {
    return in_python_punctuation(piece) || rules.force.contains(piece) ||
           rules.force.stands_in(piece) || piece.starts_with("\xE2\x96\x81");
  }
  return rules.force.contains(bare) || rules.force.stands_in(bare) || !piece.starts_with("##");
}

}  // namespace

ScoredWords words_of(std::span<const std::string> pieces, std::span<const float> probs,
                     const WordRules& rules) {
  assert(pieces.size() == probs.size());
  ScoredWords out;
  WordMeter forced(rules.measure);
  WordMeter unforced(rules.measure);
  double first = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const std::string& piece = pieces[i];
    if (rules.specials.contains(piece)) continue;
    const std::string_view bare = rules.style.bare(piece);
    double prob = probs[i];
    const bool begins = begins_word(piece, bare, rules);
    if (begins || out.words.empty()) {
      if (begins && (rules.force.contains(bare) || rules.force.stands_in(bare))) prob = 1;
      out.words.push_back(begins ? rules.force.restored(piece) : std::string(bare));
      out.probs.push_back(0);
      out.unforced.push_back(0);
      forced.begin();
      unforced.begin();
      first = probs[i];
      if (rules.force_digits && has_python_digit(out.words.back())) prob = 1;
    } else {
      out.words.back() += bare;
      if (rules.force_digits && has_python_digit(piece)) prob = 1;
    }
    forced.add(prob);
    // The reference adds the word's first piece again for every further one.
    unforced.add(first);
    out.probs.back() = forced.value();
    out.unforced.back() = unforced.value();
  }
  return out;
}

std::string_view label_word(std::string_view word, const PieceStyle& style) {
  return style.bare_labels ? python_lstripped(word, "\xE2\x96\x81") : word;
}

}  // namespace pith
