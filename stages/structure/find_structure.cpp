#include "stages/structure/region.h"

namespace pith {

Structure find_structure(std::string_view text, SegmentKind, const CompressOptions&) {
  Structure structure;
  if (!text.empty()) {
    structure.regions.push_back(
        {{0, static_cast<std::uint32_t>(text.size())}, RegionKind::kProse});
  }
  return structure;
}

}  // namespace pith
