// The "precompiled charsmap" of SentencePiece models: a table of characters and their replacements.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/result.h"
#include "stages/tokenize/normalizer.h"

namespace pith {

/// Applied as the Hugging Face engine applies it, which is not what SentencePiece does: a grapheme
/// of fewer than six bytes is replaced as a whole by what the *shortest* key that it begins with
/// stands for; where there is none, and in longer graphemes, each character by itself. Graphemes
/// are ICU's.
class Charsmap final : public Normalizer {
 public:
  /// The blob: bytes of the double-array trie (32 bits, little-endian), the trie, replacements
  /// that each end with NUL. Errors: kFileUnreadable.
  static Result<Charsmap> parse(std::string_view blob);

  void apply(NormalizedText& text) const override;
  double growth() const override { return static_cast<double>(longest_); }

 private:
  std::optional<std::string_view> replacement(std::string_view key) const;
  void replace_grapheme(const NormalizedText& text, std::size_t begin, std::size_t end,
                        NormalizedText& out) const;

  std::vector<std::uint32_t> units_;
  std::string replacements_;
  std::size_t longest_ = 1;  ///< Bytes of a replacement.
};

/// Standard alphabet, padded; nothing when it is malformed.
std::optional<std::string> base64_decoded(std::string_view text);

}  // namespace pith
