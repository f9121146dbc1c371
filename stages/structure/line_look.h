// What a line looks like on its own: code, log, table or prose.
#pragma once

#include <string_view>

#include "stages/structure/lines.h"

namespace pith {

/// For a line that is not blank. Leans to code: what is taken for code is kept, so the error costs
/// tokens only.
LineLook look_of(std::string_view text, const Line& line);

/// "- ", "* ", "+ ", "• ", "1. ", "2) ": the bytes of the marker with its blanks; 0 when `line` is
/// no list item.
std::size_t list_marker_bytes(std::string_view line);

/// "# " to "###### ".
bool is_heading(std::string_view line);

}  // namespace pith
