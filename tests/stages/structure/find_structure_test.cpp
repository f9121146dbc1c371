#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>

#include "stages/structure/region.h"

namespace pith {
namespace {

// The text without its lossless cuts, with markers.
std::string cut(std::string_view text, const Structure& structure) {
  std::vector<ByteSpan> kept;
  std::uint32_t at = 0;
  for (const ByteSpan& span : structure.cuts) {
    if (span.begin > at) kept.push_back({at, span.begin});
    at = span.end;
  }
  if (at < text.size()) kept.push_back({at, static_cast<std::uint32_t>(text.size())});
  return apply_spans(text, kept, structure.markers);
}

std::string cut(std::string_view text, const CompressOptions& options = {},
                SegmentKind kind = SegmentKind::kToolResult) {
  return cut(text, find_structure(text, kind, options));
}

void expect_sound(std::string_view text, const Structure& structure) {
  std::uint32_t at = 0;
  for (const Region& region : structure.regions) {
    ASSERT_EQ(region.span.begin, at);
    ASSERT_LT(region.span.begin, region.span.end);
    at = region.span.end;
  }
  ASSERT_EQ(at, text.size());
  ASSERT_TRUE(spans_valid(structure.cuts, text.size()));
  ASSERT_TRUE(spans_on_characters(text, structure.cuts));
  std::vector<ByteSpan> borders;
  for (const Region& region : structure.regions) borders.push_back(region.span);
  ASSERT_TRUE(structure.regions.size() == 1 || spans_on_characters(text, borders));
}

TEST(FindStructure, EmptyTextHasNoRegion) {
  EXPECT_TRUE(find_structure("", SegmentKind::kPlain, {}).regions.empty());
}

TEST(FindStructure, MinifiesJsonAndNothingInItsStrings) {
  const std::string text =
      "{\n  \"name\": \"a  b\\n c\",\n  \"n\": 1.50,\n  \"list\": [ 1, 2 ]\n}\n";
  EXPECT_EQ(cut(text), "{\"name\":\"a  b\\n c\",\"n\":1.50,\"list\":[1,2]}\n");
  EXPECT_EQ(find_structure(text, SegmentKind::kToolResult, {}).transforms,
            std::vector<std::string>{"json_minify"});
}

TEST(FindStructure, MinifiesLinesOfJsonAndKeepsTheLines) {
  EXPECT_EQ(cut("{\"a\": 1}\n{\"a\": 2}\n"), "{\"a\":1}\n{\"a\":2}\n");
}

TEST(FindStructure, MinifiesInsideAFenceOnly) {
  EXPECT_EQ(cut("See:\n```json\n{ \"a\": 1 }\n```\nThen  this.\n"),
            "See:\n```json\n{\"a\":1}\n```\nThen  this.\n");
}

TEST(FindStructure, LeavesBrokenJsonAlone) {
  const std::string text = "{\n  \"a\": [1, 2,\n  \"b\": " + std::string(300, ' ') + "3\n}\n";
  EXPECT_EQ(cut(text), text);
}

TEST(FindStructure, LeavesJsonOfSystemAndAssistantAlone) {
  const std::string text = "{ \"a\": 1 }";
  EXPECT_EQ(cut(text, {}, SegmentKind::kSystem), text);
  EXPECT_EQ(cut(text, {}, SegmentKind::kAssistant), text);
}

TEST(FindStructure, FoldsBlankRunsOfProse) {
  EXPECT_EQ(cut("First paragraph here.\n\n\n\n \nSecond one there.\n"),
            "First paragraph here.\n\nSecond one there.\n");
  EXPECT_EQ(cut("First line here.\r\n\r\n\r\n\r\nSecond one.\r\n"),
            "First line here.\r\n\r\nSecond one.\r\n");
}

TEST(FindStructure, CutsTrailingBlanksButNoMarkdownBreakAndNoIndentation) {
  EXPECT_EQ(cut("A line of words.    \nA break follows.  \n  An indented line of words.\n"),
            "A line of words.\nA break follows.  \n  An indented line of words.\n");
}

TEST(FindStructure, NeverCutsInCode) {
  const std::string text = "Look at this:\n```\na   \n\n\n\nb\n```\n";
  EXPECT_EQ(cut(text), text);
}

TEST(FindStructure, FoldsExactRepeatsInLogs) {
  const std::string line = "2024-05-01 10:00:00 WARN retrying\n";
  const std::string other = "2024-05-01 10:00:01 WARN retrying\n";
  EXPECT_EQ(cut(line + line + line + other), line + other);
  CompressOptions options;
  options.repeat_markers = true;
  EXPECT_EQ(cut(line + line + line + other, options),
            "2024-05-01 10:00:00 WARN retrying [x 3]\n" + other);
  EXPECT_EQ(cut(line + "   \n\n\n" + other), line + "\n" + other);
}

TEST(FindStructure, WithoutStructureNothingIsCut) {
  CompressOptions options;
  options.structure = false;
  const Structure structure = find_structure("{ \"a\": 1 }\n", SegmentKind::kToolResult, options);
  EXPECT_EQ(structure.regions[0].kind, RegionKind::kJson);
  EXPECT_TRUE(structure.cuts.empty());
  EXPECT_TRUE(structure.transforms.empty());
}

TEST(FindStructure, InvalidUtf8IsLeftAlone) {
  const std::string text = "text \xff\xfe    \n\n\n\n\x80 more";
  const Structure structure = find_structure(text, SegmentKind::kToolResult, {});
  EXPECT_TRUE(structure.cuts.empty());
  expect_sound(text, structure);
}

// Cuts are blanks and repeated lines: everything else of the text is still there, in order.
TEST(FindStructure, RandomTextsKeepEveryNonBlankByteOutsideRepeats) {
  std::mt19937 random(11);
  const std::vector<std::string> parts = {"word ",
                                          "\n",
                                          "\n\n\n",
                                          "    ",
                                          "{\"a\": 1}",
                                          "[",
                                          "]",
                                          "{",
                                          "}",
                                          "```\n",
                                          "```json\n",
                                          "2024-05-01 10:00:00 x\n",
                                          "ERROR: y\n",
                                          "| a | b |\n",
                                          "é",
                                          "漢字",
                                          "- item\n",
                                          "# head\n",
                                          "@@ -1,2 +1,2 @@\n",
                                          "\"",
                                          "<pith-keep>",
                                          "</pith-keep>",
                                          "<b>",
                                          ";\n",
                                          "a,b,c\n",
                                          "\t",
                                          "\r\n",
                                          "> ",
                                          "1\xE2\x86\x92",
                                          "\"\"\"\n",
                                          "/*",
                                          "*/",
                                          "$ ls\n",
                                          "---\n",
                                          "key: v\n",
                                          "\xF0\x9F\x98\x80"};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    const int n = static_cast<int>(random() % 60);
    for (int i = 0; i < n; ++i) text += parts[random() % parts.size()];
    CompressOptions options;
    options.repeat_markers = random() % 2 == 0;
    const Structure structure = find_structure(text, SegmentKind::kToolResult, options);
    expect_sound(text, structure);
    bool repeats = false;
    for (const std::string& name : structure.transforms) repeats = repeats || name == "log_fold";
    if (repeats) continue;
    const auto ink = [](std::string s) {
      std::erase_if(s, [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; });
      return s;
    };
    ASSERT_EQ(ink(cut(text, structure)), ink(text)) << text;
  }
}

TEST(FindStructure, IsLinearOnHostileTexts) {
  const auto seconds = [](const std::string& text) {
    const auto start = std::chrono::steady_clock::now();
    const Structure structure = find_structure(text, SegmentKind::kToolResult, {});
    EXPECT_FALSE(structure.regions.empty());
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const auto repeat = [](std::string_view part, std::size_t bytes) {
    std::string out;
    while (out.size() < bytes) out += part;
    return out;
  };
  // A quadratic pass over so many lines would take far longer.
  for (const std::string_view part : {"[\n",
                                      "{\"a\":\n",
                                      "/*\n",
                                      "\"\"\"\n",
                                      "<system-reminder>",
                                      "<a-reminder>\n",
                                      "```\n",
                                      "@@ -1,9999999 +1,9 @@\n",
                                      "[1]\n",
                                      "[1\n",
                                      "    x\n\n",
                                      "- a\n",
                                      "> > > >\n",
                                      "<",
                                      "](",
                                      "x: {\n",
                                      "\n",
                                      " \n",
                                      "1.\n",
                                      "# a\n",
                                      "a,b,c\n"}) {
    EXPECT_LT(seconds(repeat(part, 150'000)), 5.0) << part;
  }
}

}  // namespace
}  // namespace pith
