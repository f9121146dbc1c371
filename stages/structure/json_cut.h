// JSON that somebody cut short: where the document stops and what is said about it begins.
#pragma once

#include <cstdint>
#include <string_view>

namespace pith {

/// Where the blanks and the marker of a cut at the text's end begin: dots, a note in brackets or a
/// last line of its own that says so ("... [truncated]", "(12 more rows)", "Output truncated.").
/// Never inside a JSON document that is whole. Looks at the last bytes only.
std::uint32_t cut_marker_begin(std::string_view text);

}  // namespace pith
