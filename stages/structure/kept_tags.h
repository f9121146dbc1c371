// Blocks between tags that say "leave this alone".
#pragma once

#include <string_view>
#include <vector>

#include "messages/byte_span.h"

namespace pith {

/// <pith-keep>...</pith-keep> and blocks of instructions to the reader (<system-reminder>,
/// <instructions>, <rules>, <important> ...), tags included; without a closing tag only the opening
/// one. Sorted, disjoint. Linear.
std::vector<ByteSpan> kept_tag_blocks(std::string_view text);

}  // namespace pith
