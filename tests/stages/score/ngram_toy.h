// A language model small enough to check by hand, without a real vocabulary.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "stages/score/ngram_counts.h"
#include "stages/score/ngram_estimate.h"
#include "stages/score/ngram_model.h"
#include "stages/score/ngram_prune.h"
#include "stages/score/ngram_writer.h"

namespace pith::ngram {

/// Texts of pieces 0 .. vocab_size - 1 that follow one another with some regularity; same seed,
/// same stream.
inline std::vector<std::uint16_t> toy_stream(std::uint32_t vocab_size, std::size_t num_pieces,
                                             std::uint64_t seed = 7) {
  std::vector<std::uint16_t> stream;
  std::uint64_t state = seed;
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < num_pieces; ++i) {
    if (i % 50 == 0) stream.push_back(kTextStart);
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const auto draw = static_cast<std::uint32_t>(state >> 40);
    // Three quarters of the time one of three successors of the last piece.
    last = draw % 4 != 0 ? (last * 5 + draw % 3 + 1) % vocab_size : (draw / 4) % vocab_size;
    stream.push_back(static_cast<std::uint16_t>(last));
  }
  return stream;
}

inline std::vector<KeptLevel> toy_levels(std::uint32_t vocab_size, int order,
                                         std::uint64_t bytes_max,
                                         Smoothing smoothing = Smoothing::kKneserNey) {
  return prune(estimate(count_ngrams(toy_stream(vocab_size, 4000), order, smoothing), vocab_size),
               bytes_max);
}

inline std::string toy_file(const std::vector<KeptLevel>& levels,
                            std::string_view sentencepiece = "not a model") {
  Header header;
  header.name = "toy";
  header.smoothing = "kneser-ney";
  header.word_surprisal = "sum";
  return to_file(header, sentencepiece, levels);
}

inline std::span<const std::uint8_t> as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace pith::ngram
