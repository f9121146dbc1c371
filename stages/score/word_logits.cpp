#include "stages/score/word_logits.h"

#include <cassert>
#include <cmath>
#include <limits>

namespace pith {

std::vector<float> word_logits(const TokenizedSegment& segment,
                               std::span<const float> piece_logits) {
  assert(piece_logits.size() == segment.pieces.size());
  const std::size_t num_words = segment.words.size();
  std::vector<double> sums(num_words, 0.0);
  std::vector<std::uint32_t> counts(num_words, 0);
  for (std::size_t i = 0; i < piece_logits.size(); ++i) {
    const std::size_t word = segment.word_of_piece[i];
    if (word >= num_words) continue;
    sums[word] += static_cast<double>(piece_logits[i]);
    ++counts[word];
  }
  std::vector<float> logits(num_words, std::numeric_limits<float>::infinity());
  std::size_t piece = 0;  // The first that ends behind the word's begin.
  std::size_t first_known = num_words;
  for (std::size_t word = 0; word < num_words; ++word) {
    const std::uint32_t begin = segment.words[word].begin;
    while (piece < piece_logits.size() && segment.pieces[piece].span.end <= begin) ++piece;
    if (counts[word] > 0) {
      logits[word] = static_cast<float>(sums[word] / counts[word]);
    } else if (piece < piece_logits.size() && segment.pieces[piece].span.begin <= begin) {
      logits[word] = piece_logits[piece];
    } else if (first_known < num_words) {
      logits[word] = logits[word - 1];
    } else {
      continue;
    }
    if (first_known == num_words) first_known = word;
  }
  for (std::size_t word = 0; first_known < num_words && word < first_known; ++word) {
    logits[word] = logits[first_known];
  }
  return logits;
}

float keep_probability(float logit) { return 1.0F / (1.0F + std::exp(-logit)); }

}  // namespace pith
