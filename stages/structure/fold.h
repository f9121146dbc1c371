// The lossless cuts outside JSON: runs of blank lines, trailing blanks, repeated log lines.
#pragma once

#include <string_view>
#include <vector>

#include "stages/structure/lines.h"
#include "stages/structure/region.h"

namespace pith {

/// Appends to structure.cuts (unsorted), markers and transforms. `free[i]`: line i may be touched
/// at all.
void fold_lines(std::string_view text, const std::vector<Line>& lines,
                const std::vector<RegionKind>& kinds, const std::vector<bool>& free,
                bool repeat_markers, Structure& structure);

}  // namespace pith
