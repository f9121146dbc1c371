// Spans told by what encloses them on one line: quotes, backticks, links, tags.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "messages/byte_span.h"
#include "stages/select/protect.h"

namespace pith {

/// Appends the quoted strings (up to 200 bytes), `inline code`, [links](of markdown) and <tags> of
/// one line. A mark without its partner encloses nothing. Linear in the line's bytes.
void find_quoted(std::string_view text, ByteSpan line, std::uint32_t protect,
                 std::vector<ProtectedSpan>& spans);

/// Appends quotations in marks that are not straight, once more and by themselves: from every
/// opening mark to the nearest of its closing ones, and from every « to the nearest of « and »
/// (which stand for \" in JSON strings; one that opens may have been taken for one that closes),
/// also past those that a backslash escapes. Whatever other quotations they overlap. For the lines
/// of a text with opened JSON values.
void find_marked_quotes(std::string_view text, ByteSpan line, std::uint32_t protect,
                        std::vector<ProtectedSpan>& spans);

}  // namespace pith
