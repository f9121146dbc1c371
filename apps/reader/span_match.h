// A question and a text side by side: which words of the text the question has, too.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "apps/reader/span_words.h"

namespace pith {

/// How rare words are: counted over texts, kept by hash.
class WordRarity {
 public:
  static constexpr std::size_t kSize = std::size_t{1} << 18U;

  /// Of every word that was never seen: 1.
  WordRarity();
  /// `rarity` [kSize], as numbers() gives.
  explicit WordRarity(std::vector<float> rarity);
  /// log((texts + 1) / (texts with the word + 1)) / log(texts + 1).
  static WordRarity of_texts(std::span<const std::vector<SpanWord>> texts);

  /// In [0, 1].
  float operator()(std::uint64_t lower) const { return rarity_[lower & (kSize - 1)]; }
  std::span<const float> numbers() const { return rarity_; }

 private:
  std::vector<float> rarity_;
};

struct SpanQuestion {
  std::vector<SpanWord> words;
  std::vector<float> weight;          ///< [num_words]: rarity; 0 for marks, question words, common
                                      ///< words and repeated ones.
  float total_weight = 0;             ///< Above 0.
  std::vector<std::uint64_t> unique;  ///< Hashes of its words, each once, marks left out.
  std::int32_t asking = 0;            ///< Place of "what", "who"...; 0 where there is none.
  std::uint64_t type = 0;   ///< Hash: of that word, with the next one behind how, what, which.
  std::uint64_t topic = 0;  ///< Stem of the first word behind it that tells something; 0: none.
};

SpanQuestion span_question(std::string_view question, const WordRarity& rarity);

/// A text under a question.
struct MatchedText {
  std::vector<SpanWord> words;
  std::vector<float> weight;          ///< [num_words]: of the matched word of the question, less
                                      ///< where only stem or prefix are equal; 0: none.
  std::vector<std::int32_t> partner;  ///< [num_words]: its place in the question; -1: none.
  std::vector<float>
      sentence_weight;  ///< [num_sentences]: of the question's words that match there.
  std::vector<std::uint8_t>
      sentence_rank;                ///< [num_sentences]: 0 has the largest weight; at most 5.
  float best_sentence = 0;          ///< The largest of sentence_weight.
  float covered = 0;                ///< Weight of the question's words that match anywhere.
  std::vector<std::uint8_t> found;  ///< [words of the question]: matched anywhere.
};

MatchedText match_text(std::vector<SpanWord> words, const SpanQuestion& question);

}  // namespace pith
