// Tokens that are cut out of the text before anything else happens to it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stages/tokenize/piece_trie.h"

namespace pith {

struct AddedToken {
  std::string content;
  std::int32_t id = 0;
  bool single_word = false;  ///< Only between characters that make no word.
  bool lstrip = false;       ///< Takes the white space in front.
  bool rstrip = false;       ///< Takes the white space behind.
  bool normalized = false;   ///< Looked for in the normalised text.
};

/// Leftmost-longest search. Thread-safe: const after construction.
class AddedTokens {
 public:
  static constexpr std::int32_t kText = -1;
  /// Bytes [begin, end), stripped blanks included, that are the token of this place in the list;
  /// or text (kText).
  struct Part {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::int32_t token = kText;
  };

  AddedTokens() = default;
  explicit AddedTokens(std::vector<AddedToken> tokens);

  bool empty() const { return tokens_.empty(); }
  const AddedToken& operator[](std::int32_t token) const {
    return tokens_[static_cast<std::size_t>(token)];
  }
  /// All of the text in parts, none of them empty.
  std::vector<Part> split(std::string_view text) const;

 private:
  bool stands_alone(const AddedToken& token, std::string_view text, std::size_t begin,
                    std::size_t end) const;

  std::vector<AddedToken> tokens_;
  PieceTrie trie_;  ///< Contents; ids are places in tokens_.
};

}  // namespace pith
