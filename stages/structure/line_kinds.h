// From the look of single lines to the kind of each: a line is judged with its neighbours.
#pragma once

#include <string_view>
#include <vector>

#include "stages/structure/fixed_blocks.h"
#include "stages/structure/lines.h"
#include "stages/structure/region.h"

namespace pith {

/// The kind of every line. `fixed[i]` says which lines have theirs already (in `kinds`); the others
/// are judged by their look, their block and their surroundings, in doubt as code. Linear.
void judge_lines(std::string_view text, const std::vector<Line>& lines,
                 const std::vector<bool>& fixed, std::vector<RegionKind>& kinds);

}  // namespace pith
