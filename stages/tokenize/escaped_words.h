// Words of a JSON string never end inside an escape: half an escape is no JSON.
#pragma once

#include <span>
#include <vector>

#include "messages/byte_span.h"
#include "stages/tokenize/word.h"

namespace pith {

/// Joins words where a boundary between them lies inside one of `escapes` (sorted, disjoint). What
/// stands in for an escape is made so that split_words does not part it; this does not rely on it.
/// Linear in the words and in the escapes near them.
void join_at_escapes(std::span<const ByteSpan> escapes, std::vector<Word>& words);

}  // namespace pith
