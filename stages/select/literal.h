// Literals told by the form of one token: numbers, URLs, paths, identifiers.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "messages/byte_span.h"
#include "stages/select/protect.h"

namespace pith {

/// Scans text[within] token by token (runs without blanks; scripts that need no blanks end a token)
/// and appends the spans of the classes in `protect`: numbers, negations, URLs, paths, identifiers,
/// names. Linear.
void find_literals(std::string_view text, ByteSpan within, std::uint32_t protect,
                   std::vector<ProtectedSpan>& spans);

/// The class of a token of letters, digits and punctuation, brackets and sentence punctuation
/// around it removed; 0 when it is an ordinary word. Numbers come last: a URL with a digit is a
/// URL.
std::uint32_t literal_class(std::string_view token);

/// The token without the brackets, quotes and sentence marks around it.
std::string_view core_of(std::string_view token);

}  // namespace pith
