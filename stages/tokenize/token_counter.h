// Token counts in the reader's tokenizer: cl100k_base and o200k_base, exact.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "messages/result.h"

namespace pith {

/// Byte-level BPE with the split pattern of its encoding; special names are ordinary text.
/// Any bytes will do: ones that are not UTF-8 count as symbols. Time is n log n even in one long
/// run. Thread-safe: const after construction.
class TokenCounter {
 public:
  virtual ~TokenCounter() = default;
  virtual std::string_view name() const = 0;
  virtual std::uint32_t count(std::string_view text) const = 0;
  /// Token ids, as tiktoken's encode_ordinary gives them.
  virtual std::vector<std::uint32_t> encode(std::string_view text) const = 0;
  /// Byte offset where each token ends, ascending; the last is text.size(). A token may end inside
  /// a character.
  virtual std::vector<std::uint32_t> token_ends(std::string_view text) const = 0;
};

/// "cl100k_base" or "o200k_base", loaded once per process from `models_dir`/NAME.ranks.zst and
/// shared. Errors: kInvalidArgument for another name, kFileUnreadable.
Result<std::shared_ptr<const TokenCounter>> load_token_counter(std::string_view name,
                                                               const std::string& models_dir);

}  // namespace pith
