// An n-gram language model over tokenizer pieces, read in place from the bytes of a *.ngram file.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messages/result.h"
#include "stages/score/ngram_format.h"

namespace pith {

/// Back-off n-gram probabilities in a trie of sorted arrays. Thread-safe: const after construction.
class NgramModel {
 public:
  /// Checks every length, order and count before use, and keeps views into `file`, which must
  /// outlive the model. Does not look at the sha256 trailer (has_valid_checksum does) nor inside
  /// the SentencePiece part. Errors: kFileUnreadable, "FILE_NAME: FIELD: what is wrong".
  static Result<NgramModel> parse(std::span<const std::uint8_t> file, std::string_view file_name);

  const ngram::Header& header() const { return header_; }
  std::span<const std::uint8_t> sentencepiece() const { return sentencepiece_; }

  /// The n-grams that end at the last piece read: node[k] is the one of k + 1 pieces, for k <
  /// length. A fresh one stands before a text about which nothing is known.
  struct State {
    std::array<std::uint32_t, ngram::kOrderMax> node = {};
    int length = 0;
  };

  /// Surprisal of `piece` after `state` in nats, -ln p, and moves the state on.
  /// A piece outside the vocabulary has the highest surprisal and forgets the context.
  float advance(State& state, std::uint32_t piece) const;

 private:
  struct Level {
    std::span<const std::uint8_t> words, surprisal, context_bits, backoff, children;
    std::vector<std::uint32_t> contexts_before;  ///< [num words of context_bits]
    std::uint32_t num_ngrams = 0;
  };
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  Result<Done> check_levels() const;
  /// Index of an n-gram among the contexts of its level, or kNone.
  std::uint32_t context_index(const Level& level, std::uint32_t node) const;
  /// The n-gram of `level` that continues context `context` of the level before with `piece`, or
  /// kNone.
  std::uint32_t find_child(std::size_t level, std::uint32_t context, std::uint32_t piece) const;

  ngram::Header header_;
  std::span<const std::uint8_t> sentencepiece_;
  std::array<Level, ngram::kOrderMax> levels_;
  std::size_t order_ = 0;
};

/// The trailing sha256 is that of the bytes before it.
bool has_valid_checksum(std::span<const std::uint8_t> file);

}  // namespace pith
