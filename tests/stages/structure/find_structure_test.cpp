#include <gtest/gtest.h>

#include "stages/structure/region.h"

namespace pith {
namespace {

TEST(FindStructure, PlainProseIsOneRegion) {
  const Structure structure = find_structure("A plain line.", SegmentKind::kPlain, {});
  ASSERT_EQ(structure.regions.size(), 1U);
  EXPECT_EQ(structure.regions[0].span, (ByteSpan{0, 13}));
  EXPECT_EQ(structure.regions[0].kind, RegionKind::kProse);
  EXPECT_TRUE(structure.cuts.empty());
}

TEST(FindStructure, EmptyTextHasNoRegion) {
  EXPECT_TRUE(find_structure("", SegmentKind::kPlain, {}).regions.empty());
}

}  // namespace
}  // namespace pith
