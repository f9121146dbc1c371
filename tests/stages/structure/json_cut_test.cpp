// JSON that somebody cut short: what it is taken for, and what stays as it is.
#include "stages/structure/json_cut.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "stages/structure/region.h"

namespace pith {
namespace {

const std::string kProse =
    "The quick brown fox jumps over the lazy dog while the others are watching it from the porch "
    "of the house. Nobody says a word about it, for all of them have seen the same thing on every "
    "day of this long summer, and on most of the days of the summer before it as well. When the "
    "evening comes they go inside, and the dog is left alone with the fox and with the moon above "
    "the hills. So it goes on until the first cold nights";

std::string parts_of(std::string_view text, RegionKind kind) {
  std::string out;
  for (const Region& region : find_structure(text, SegmentKind::kToolResult, {}).regions) {
    if (region.kind == kind)
      out += "[" +
             std::string(text.substr(region.span.begin, region.span.end - region.span.begin)) + "]";
  }
  return out;
}

std::string prose_of(std::string_view text) { return parts_of(text, RegionKind::kProse); }

std::string without_cuts(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  for (const ByteSpan& cut : find_structure(text, SegmentKind::kToolResult, {}).cuts) {
    out += text.substr(at, cut.begin - at);
    at = cut.end;
  }
  return out.append(text.substr(at));
}

TEST(CutMarker, BeginsBeforeWhatIsSaidAboutTheCut) {
  for (const std::string marker :
       {"", " ", "\n", "...", "\xE2\x80\xA6", " ...", "\n...\n", "....", "[truncated]",
        "... [truncated]", "\n... [output truncated]\n", "\xE2\x80\xA6[Truncated]",
        " (12 more rows)", "\n\n(7 rows omitted)\n", "<response clipped>", "\nOutput truncated.",
        "\n--- 300 more lines ---\n", "... [truncated] ...",
        "\n[Output cut off at 8000 characters. See /tmp/a.json]"}) {
    EXPECT_EQ(cut_marker_begin("{\"a\": [1, \"b" + marker), 12U) << marker;
  }
}

TEST(CutMarker, IsNoOtherEnd) {
  for (const std::string text :
       {"", "[", "{\"a\": \"b [c]", "[\"truncated\"]", "[1, \"... [truncated]\"]",
        "[\n\"two more rows\"\n]", "a..", "{\"cut\": {\"truncated\": true}}", "(so it is)"}) {
    EXPECT_EQ(cut_marker_begin(text), text.size()) << text;
  }
  EXPECT_EQ(cut_marker_begin("[" + std::string(300, 'x') + " truncated]"), 312U);
  EXPECT_EQ(cut_marker_begin("..."), 0U);
}

TEST(JsonCut, ProseOfWholeValuesIsProse) {
  const std::string text =
      "{\"r\": [{\"id\": 7, \"content\": \"" + kProse + "\"}, {\"id\": 8, \"cont";
  EXPECT_EQ(prose_of(text), "[" + kProse + "]");
  const Structure structure = find_structure(text, SegmentKind::kToolResult, {});
  EXPECT_EQ(structure.opened.size(), 1U);
  EXPECT_EQ(structure.cut_word, ByteSpan{});
  EXPECT_EQ(without_cuts(text),
            "{\"r\":[{\"id\":7,\"content\":\"" + kProse + "\"},{\"id\":8,\"cont");
}

TEST(JsonCut, UnfinishedValueIsProseUpToWhatIsCutInTwo) {
  const std::string head = "{\"content\":\"";
  for (const std::string tail : {"", "\n", "\\", "\\u20", "... [truncated]", "\n[truncated]\n"}) {
    const std::string text = head + kProse + tail;
    EXPECT_EQ(prose_of(text), "[" + kProse + "]") << tail;
    const Structure structure = find_structure(text, SegmentKind::kToolResult, {});
    const auto last = static_cast<std::uint32_t>(head.size() + kProse.size());
    EXPECT_EQ(structure.cut_word, (ByteSpan{last - 1, last}));
  }
  // Blanks at the cut are blanks of the value.
  EXPECT_EQ(find_structure(head + kProse + "\\n", SegmentKind::kToolResult, {}).cut_word.end,
            head.size() + kProse.size());
}

TEST(JsonCut, BlanksBeforeTheCutStay) {
  const std::string value = "\"" + std::string(220, 'x') + "\"";
  EXPECT_EQ(without_cuts("{ \"a\": " + value + ",\n\"b\": 1 \n... [truncated]\n"),
            "{\"a\":" + value + ",\"b\":1 \n... [truncated]\n");
  EXPECT_EQ(without_cuts("[ " + value + ", \"a  b  c"), "[" + value + ",\"a  b  c");
}

TEST(JsonCut, LastLineOfManyBehindALabelAndInAFence) {
  const std::string line = "{\"text\": \"" + kProse;
  EXPECT_EQ(prose_of(line + "\"}\n" + line), "[" + kProse + "][" + kProse + "]");
  EXPECT_EQ(without_cuts("{\"a\": 1}\n{\"a\": 2}\n{\"b\": 3, \"c\": \"d  "),
            "{\"a\":1}\n{\"a\":2}\n{\"b\":3,\"c\":\"d  ");
  EXPECT_EQ(prose_of("Result: " + line), "[Result: ][" + kProse + "]");
  EXPECT_NE(prose_of("So:\n```json\n" + line).find("[" + kProse + "]"), std::string::npos);
}

TEST(JsonCut, WhatIsNoJsonStays) {
  for (const std::string& text :
       {"{\"a\": \"" + kProse + "\", // so\n\"b\": \"" + kProse, "{'a': \"" + kProse,
        "[\"" + kProse + "\",]", "{\"a\": \"" + kProse + "\nmore of it\nand more",
        "{\"a\": oops, \"b\": \"" + kProse}) {
    EXPECT_EQ(find_structure(text, SegmentKind::kToolResult, {}).opened.size(), 0U) << text;
  }
  // Cut out of the middle.
  for (const std::string& text : {kProse + "\"}, {\"b\": \"" + kProse, "\"b\": \"" + kProse,
                                  "}, {\"b\": \"" + kProse, "\": 1, \"b\": \"" + kProse}) {
    EXPECT_EQ(find_structure(text, SegmentKind::kToolResult, {}).opened.size(), 0U) << text;
  }
  // What is said about it is none of a document that is whole.
  const Structure whole =
      find_structure("[\"" + kProse + "\"]\n[truncated]\n", SegmentKind::kToolResult, {});
  EXPECT_EQ(whole.opened.size(), 1U);
  EXPECT_EQ(whole.cut_word, ByteSpan{});
  EXPECT_EQ(parts_of("[\"" + kProse + "\"]\n[truncated]\n", RegionKind::kJson), "[[\"][\"]\n]");
}

TEST(JsonCut, UnfinishedLinesAreScannedOnce) {
  const auto seconds = [](const std::string& text) {
    const auto begin = std::chrono::steady_clock::now();
    find_structure(text, SegmentKind::kToolResult, {});
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  for (const std::string line :
       {"{\"id\": 1, \"list\": [1, 2,\n", "{\"id\": 1,\n", "[\n", "label: [\"a\", {\"b\": \n",
        "{\"a\": \"open\n", "```json\n[1,\n", "{\"a\": [1, 2]}\n", "[\"a\", 'no'\n"}) {
    std::string text;
    while (text.size() < 2'000'000) text += line;
    // Quadratic, this takes minutes.
    EXPECT_LT(seconds(text), 10.0) << line;
    EXPECT_LT(seconds(text + "[\"... and so on"), 10.0) << line;
  }
}

}  // namespace
}  // namespace pith
