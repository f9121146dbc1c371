// Spends a token budget on the words that are most likely to be needed.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "messages/byte_span.h"
#include "stages/select/layout.h"
#include "stages/select/word_value.h"
#include "stages/tokenize/token_counter.h"
#include "stages/tokenize/tokenized_prompt.h"

namespace pith {

/// A choice of words, and its price on the real output text.
struct Choice {
  std::vector<ByteSpan> kept;
  std::uint32_t tokens = 0;
  std::size_t num_kept = 0;  ///< Words kept although they could have gone.
  std::size_t num_dropped = 0;
  float threshold = 1.0F;  ///< Score of the last of the num_kept; 1 when there is none.
};

/// In which order a budget keeps words. Ties: by position.
enum class WordOrder : std::uint8_t {
  kByScore,  ///< The highest score first.
  kByValue,  ///< Scores are keep_prob; value_order().
};

/// Keeps the words that may not go, and of the others a prefix of their order. A list marker ("- ")
/// stays exactly as long as a word of its line does.
class Budget {
 public:
  /// may_go[word]; score[word], NaN the highest. All arguments must outlive it.
  Budget(std::string_view text, const TokenizedSegment& segment, const std::vector<float>& score,
         std::vector<bool> may_go, std::span<const RepeatMarker> markers,
         const TokenCounter& reader, WordOrder order = WordOrder::kByScore);

  std::size_t num_words() const { return order_.size(); }  ///< That may go.

  /// Tokens of the original that end in words that may go.
  std::uint32_t free_tokens();

  /// Everything but the lossless cuts; nothing that may go.
  Choice all();
  Choice none();

  /// The first `count` words that may go.
  Choice first(std::size_t count);

  /// Words with a score > threshold, but at least one word of the text. Only by score.
  Choice above(float threshold);

  /// The largest prefix whose output has at most `tokens` tokens, so that the next word would
  /// exceed them; at least one word of the text even so. Counts the whole text a few times only,
  /// the rest by its seams.
  Choice within(std::uint32_t tokens);

 private:
  void find_list_markers(const TokenizedSegment& segment);
  void sort_words();
  void keep_first(std::size_t count);
  void put(std::size_t word, bool keep);
  std::size_t least() const;
  std::int64_t step(bool up);
  std::int64_t count() const;
  std::size_t estimate(std::uint32_t tokens) const;
  void estimate_costs();
  Choice choice(std::int64_t tokens) const;

  std::string_view text_;
  const TokenizedSegment& segment_;
  const std::vector<float>& score_;
  std::span<const RepeatMarker> markers_;
  const TokenCounter& reader_;
  Layout layout_;
  std::vector<bool> may_go_;
  std::vector<std::uint32_t> order_;       ///< Words that may go, the first to keep first.
  std::vector<bool> kept_;                 ///< Per atom.
  std::size_t num_kept_ = 0;               ///< Of order_.
  std::vector<std::int32_t> marker_of_;    ///< Per word: the list marker of its line, or -1.
  std::vector<std::uint32_t> line_words_;  ///< Per word that is a marker: kept words of its line.
  WordOrder by_;
  WordTokens tokens_;  ///< Empty until they are needed.
  std::vector<std::uint32_t>
      cost_;  ///< Per place in order_: tokens of the first k, as in the original.
  std::uint32_t fixed_cost_ = 0;
  bool has_fixed_ = false;  ///< Something stays whatever the choice.
  bool exact_ = true;
};

}  // namespace pith
