// The split patterns of cl100k_base and o200k_base as hand-written matchers: where the next
// pre-token ends.
#pragma once

#include <cstddef>
#include <string_view>

namespace pith {

/// End of the match that begins at `at` < text.size(), as tiktoken's regular expression gives it.
/// Every byte belongs to a match. A byte that is not UTF-8 is a symbol of its own. Each byte is
/// looked at a bounded number of times over all calls that walk a text.
using SplitPattern = std::size_t (*)(std::string_view text, std::size_t at);

/// '(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+|
/// ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s
std::size_t cl100k_split(std::string_view text, std::size_t at);

/// With U = [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}], W = [\p{Ll}\p{Lm}\p{Lo}\p{M}], C =
/// (?i:'s|'t|'re|'ve|'m|'ll|'d):
/// [^\r\n\p{L}\p{N}]?U*W+C?|[^\r\n\p{L}\p{N}]?U+W*C?|\p{N}{1,3}|
/// ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
std::size_t o200k_split(std::string_view text, std::size_t at);

}  // namespace pith
