#include <gtest/gtest.h>

#include "apps/providers/provider.h"

namespace pith {
namespace {

//                        0         1         2
//                        0123456789012345678901234567
const std::string kBody = R"({"a":"one","b":"t\u0077o"} )";

TEST(SpliceBody, WritesNewTextsWithMinimalEscapes) {
  EXPECT_EQ(splice_body(kBody, {{{6, 9}, "1\n\"é\""}, {{16, 24}, ""}}),
            "{\"a\":\"1\\n\\\"é\\\"\",\"b\":\"\"} ");
}

TEST(SpliceBody, KeepsTheClientsEscapesWhereTheTextIsTheSame) {
  EXPECT_EQ(splice_body(kBody, {{{6, 9}, "one"}, {{16, 24}, "two"}}), kBody);
  EXPECT_EQ(splice_body(kBody, {{{6, 9}, "x"}, {{16, 24}, "two"}}), R"({"a":"x","b":"t\u0077o"} )");
}

TEST(SpliceBody, LeavesInvalidTextsOut) {
  EXPECT_EQ(splice_body(kBody, {{{6, 9}, "\xFF"}, {{16, 24}, "\xED\xA0\x80"}}), kBody);
}

TEST(SpliceBody, EditsAtTheVeryEnds) {
  EXPECT_EQ(splice_body("abc", {{{0, 1}, "x"}, {{2, 3}, "yz"}}), "xbyz");
}

}  // namespace
}  // namespace pith
