#include "stages/score/word_logits.h"

#include <cassert>
#include <cmath>
#include <limits>

namespace pith {

namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

std::vector<std::uint32_t> pieces_of_words(const TokenizedSegment& segment) {
  std::vector<std::uint32_t> counts(segment.words.size(), 0);
  for (const std::uint32_t word : segment.word_of_piece) {
    if (word < counts.size()) ++counts[word];
  }
  return counts;
}

/// Whose logit a word without pieces has.
struct Source {
  std::size_t word = kNone;  ///< Another word; itself: it has pieces.
  std::size_t piece = kNone;
};

std::vector<Source> sources_of_words(const TokenizedSegment& segment,
                                     std::span<const std::uint32_t> counts) {
  const std::size_t num_words = segment.words.size();
  const std::size_t num_pieces = segment.pieces.size();
  std::vector<Source> sources(num_words);
  std::size_t piece = 0;  // The first that ends behind the word's begin.
  std::size_t first_known = num_words;
  for (std::size_t word = 0; word < num_words; ++word) {
    const std::uint32_t begin = segment.words[word].begin;
    while (piece < num_pieces && segment.pieces[piece].span.end <= begin) ++piece;
    if (counts[word] > 0) {
      sources[word].word = word;
    } else if (piece < num_pieces && segment.pieces[piece].span.begin <= begin) {
      sources[word].piece = piece;
    } else if (first_known < num_words) {
      sources[word] = sources[word - 1];
    } else {
      continue;
    }
    if (first_known == num_words) first_known = word;
  }
  for (std::size_t word = 0; first_known < num_words && word < first_known; ++word) {
    sources[word] = sources[first_known];
  }
  return sources;
}

}  // namespace

std::vector<float> word_logits(const TokenizedSegment& segment,
                               std::span<const float> piece_logits) {
  assert(piece_logits.size() == segment.pieces.size());
  const std::size_t num_words = segment.words.size();
  const std::vector<std::uint32_t> counts = pieces_of_words(segment);
  std::vector<double> sums(num_words, 0.0);
  for (std::size_t i = 0; i < piece_logits.size(); ++i) {
    const std::size_t word = segment.word_of_piece[i];
    if (word < num_words) sums[word] += static_cast<double>(piece_logits[i]);
  }
  const std::vector<Source> sources = sources_of_words(segment, counts);
  std::vector<float> logits(num_words, std::numeric_limits<float>::infinity());
  for (std::size_t i = 0; i < num_words; ++i) {
    const auto [word, piece] = sources[i];
    if (word != kNone) {
      logits[i] = static_cast<float>(sums[word] / counts[word]);
    } else if (piece != kNone) {
      logits[i] = piece_logits[piece];
    }
  }
  return logits;
}

std::vector<float> word_logits_backward(const TokenizedSegment& segment,
                                        std::span<const float> dz) {
  assert(dz.size() == segment.words.size());
  const std::vector<std::uint32_t> counts = pieces_of_words(segment);
  const std::vector<Source> sources = sources_of_words(segment, counts);
  std::vector<float> of_words(dz.size(), 0.0F);
  std::vector<float> of_pieces(segment.pieces.size(), 0.0F);
  for (std::size_t i = 0; i < dz.size(); ++i) {
    if (sources[i].word != kNone) {
      of_words[sources[i].word] += dz[i];
    } else if (sources[i].piece != kNone) {
      of_pieces[sources[i].piece] += dz[i];
    }
  }
  for (std::size_t i = 0; i < of_pieces.size(); ++i) {
    const std::size_t word = segment.word_of_piece[i];
    if (word < dz.size()) of_pieces[i] += of_words[word] / static_cast<float>(counts[word]);
  }
  return of_pieces;
}

float keep_probability(float logit) { return 1.0F / (1.0F + std::exp(-logit)); }

}  // namespace pith
