// Long prose in the string values of JSON: which strings are opened, and what their regions are.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "stages/structure/region.h"

namespace pith {
namespace {

const std::string kProse =
    "The quick brown fox jumps over the lazy dog while the others are watching it from the porch "
    "of the house. Nobody says a word about it, for all of them have seen the same thing on every "
    "day of this long summer, and on most of the days of the summer before it as well. When the "
    "evening comes they go inside, and the dog is left alone with the fox and with the moon above "
    "the hills. So it goes on until the first cold nights.";

std::string parts_of(std::string_view text, RegionKind kind, const CompressOptions& options = {},
                     SegmentKind segment = SegmentKind::kToolResult) {
  std::string out;
  for (const Region& region : find_structure(text, segment, options).regions) {
    if (region.kind == kind)
      out += "[" +
             std::string(text.substr(region.span.begin, region.span.end - region.span.begin)) + "]";
  }
  return out;
}

std::string prose_of(std::string_view text, const CompressOptions& options = {},
                     SegmentKind segment = SegmentKind::kToolResult) {
  return parts_of(text, RegionKind::kProse, options, segment);
}

TEST(JsonProse, LongProseOfAValueIsProse) {
  const std::string text = "{\"id\": 7, \"content\": \"" + kProse + "\", \"title\": \"The fox\"}";
  EXPECT_EQ(prose_of(text), "[" + kProse + "]");
  const Structure structure = find_structure(text, SegmentKind::kToolResult, {});
  ASSERT_EQ(structure.opened.size(), 1U);
  EXPECT_EQ(structure.opened[0].begin, text.find("The quick"));
  EXPECT_EQ(structure.transforms, std::vector<std::string>{"json_minify"});
  EXPECT_EQ(structure.plain, text);
  EXPECT_TRUE(structure.escapes.empty());
}

TEST(JsonProse, KeysAndShortValuesStay) {
  EXPECT_EQ(prose_of("{\"" + kProse + "\": \"" + kProse.substr(0, 400) + "\"}"), "");
}

TEST(JsonProse, EveryDocumentOfALineDelimitedFileIsLookedAt) {
  const std::string line = "{\"text\": \"" + kProse + "\"}\n";
  EXPECT_EQ(prose_of(line + line), "[" + kProse + "][" + kProse + "]");
}

TEST(JsonProse, BehindALabelAndInAFence) {
  EXPECT_EQ(prose_of("Result: [\"" + kProse + "\"]\n"), "[Result: ][" + kProse + "]");
  EXPECT_NE(prose_of("So:\n```json\n[\n\"" + kProse + "\"\n]\n```\n").find("[" + kProse + "]"),
            std::string::npos);
}

TEST(JsonProse, WhatIsNoProseInAStringStays) {
  const std::string value = kProse + "\\n\\n```\\nfor x in y:\\n    print(x)\\n```\\n\\n" + kProse +
                            "\\n\\n| a | b |\\n|---|---|\\n| 1 | 2 |\\n";
  const std::string text = "[\"" + value + "\"]";
  EXPECT_EQ(prose_of(text), "[" + kProse + "\\n\\n][\\n" + kProse + "\\n\\n]");
  EXPECT_EQ(parts_of(text, RegionKind::kCode), "[```\\nfor x in y:\\n    print(x)\\n```\\n]");
  EXPECT_EQ(parts_of(text, RegionKind::kTable), "[| a | b |\\n|---|---|\\n| 1 | 2 |\\n]");
  EXPECT_TRUE(find_structure(text, SegmentKind::kToolResult, {}).cuts.empty());
}

TEST(JsonProse, JsonInsideAStringStays) {
  for (const std::string inner :
       {R"({\n  \"on\": true,\n  \"of\": null\n}\n)", R"({\"on\":true,\"of\":[null,false]}\n)",
        R"({\"it\": \"of \\\"it\\\"\\n\", \u0022of\u0022: null}\n)"}) {
    const std::string text = "[\"" + kProse + "\\n\\n" + inner + "\\n" + kProse + "\"]";
    EXPECT_EQ(prose_of(text), "[" + kProse + "\\n\\n][\\n" + kProse + "]");
    EXPECT_EQ(parts_of(text, RegionKind::kCode), "[" + inner + "]");
  }
}

TEST(JsonProse, LongStringsOfJsonInsideAStringStay) {
  const std::string inner = R"({\"text\": \")" + kProse + R"(\"}\n)";
  const std::string text = "[\"" + kProse + "\\n\\n" + inner + "\"]";
  EXPECT_EQ(prose_of(text), "[" + kProse + "\\n\\n]");
}

TEST(JsonProse, NoLosslessCutInsideAString) {
  const std::string text = "[\"" + kProse + "\\n\\n\\n\\n\\n" + kProse + "\"]";
  EXPECT_TRUE(find_structure(text, SegmentKind::kToolResult, {}).cuts.empty());
}

TEST(JsonProse, SwitchedOff) {
  const std::string text = "[\"" + kProse + "\"]";
  CompressOptions options;
  options.protect |= kProtectJsonText;
  EXPECT_EQ(prose_of(text, options), "");
  options = {};
  options.prose = false;
  EXPECT_EQ(prose_of(text, options), "");
  options = {};
  options.structure = false;
  EXPECT_NE(prose_of(text, options), "");
}

TEST(JsonProse, SystemPromptsAndAssistantsKeepTheirs) {
  const std::string text = "[\"" + kProse + "\"]";
  EXPECT_EQ(prose_of(text, {}, SegmentKind::kSystem), "");
  EXPECT_EQ(prose_of(text, {}, SegmentKind::kAssistant), "");
}

TEST(JsonProse, BrokenJsonAndJsonInCodeStay) {
  EXPECT_EQ(prose_of("{\"a\": \"" + kProse + "\", \"b\": oops}"), "");
  EXPECT_EQ(prose_of("def f():\n    return {\n        \"a\": \"" + kProse + "\"\n    }\n"), "");
}

TEST(JsonProse, KeptTagsKeepTheDocument) {
  const std::string text = "[ \"" + kProse + " <pith-keep>all</pith-keep>\" ]";
  EXPECT_EQ(prose_of(text), "");
  EXPECT_TRUE(find_structure(text, SegmentKind::kToolResult, {}).cuts.empty());
  EXPECT_EQ(prose_of("[Note] " + kProse + " <pith-keep>all</pith-keep>"),
            "[[Note] " + kProse + " ]");
}

TEST(JsonProse, PlainDiffersInEscapesAlone) {
  const std::string text = "[\"a\\nb\", \"" + kProse + "\\n\\\"So\\\" it is\"]";
  const Structure structure = find_structure(text, SegmentKind::kToolResult, {});
  EXPECT_EQ(structure.plain, "[\"a\\nb\", \"" + kProse + " \n«So» it is\"]");
  EXPECT_EQ(structure.escapes.size(), 2U);
}

}  // namespace
}  // namespace pith
