// Which kind each sort of text gets: prose must be found, and everything else must never be taken
// for prose.
#include <gtest/gtest.h>

#include <string>

#include "stages/structure/region.h"

namespace pith {
namespace {

// One letter per line: P, C, J, L, T of the region that holds the line's first byte; '.' for blank
// lines.
std::string kinds(std::string_view text, SegmentKind kind = SegmentKind::kToolResult) {
  const Structure structure = find_structure(text, kind, {});
  std::string out;
  std::size_t region = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) end = text.size();
    while (structure.regions[region].span.end <= begin) ++region;
    const bool blank =
        text.substr(begin, end - begin).find_first_not_of(" \t\r") == std::string_view::npos;
    out += blank ? '.' : " PCJLT"[static_cast<std::size_t>(structure.regions[region].kind)];
    begin = end + 1;
  }
  return out;
}

TEST(RegionKind, ParagraphsHeadingsAndListsAreProse) {
  EXPECT_EQ(kinds("# Title\n\nA paragraph of text (with an aside), and more.\nIt goes on; it "
                  "ends.\n\n- first thing\n"
                  "- second: a longer thing\n\n1. one\n2. two\n\n> quoted text here\n"),
            "P.PP.PP.PP.P");
  EXPECT_EQ(kinds("Title\n=====\n\nText under a title.\n"), "PP.P");
}

TEST(RegionKind, ChatsAreProse) {
  EXPECT_EQ(
      kinds("Ann: shall we start?\nBob: yes, go on.\nAnn: First, the budget; second, the plan.\n"),
      "PPP");
  EXPECT_EQ(kinds("[12:30] <ann> hi\n[12:31] <bob> hello, what is up?\n"), "PP");
}

TEST(RegionKind, FencesAreCodeUntilTheyClose) {
  EXPECT_EQ(kinds("Look:\n```python\nprint(1)\n\nprose in it\n```\nAnd more words here.\n"),
            "PCC.CCP");
  EXPECT_EQ(kinds("Look:\n~~~\nx\n```\ny\n~~~\nafter the fence.\n"), "PCCCCCP");
  EXPECT_EQ(kinds("Look:\n```\nnever closed\nmore\n"), "PCCC");
}

TEST(RegionKind, IndentedBlocksAreCodeButIndentedSentencesAreNot) {
  EXPECT_EQ(kinds("Run this:\n\n    make all\n    make test\n\nThen go on.\n"), "P.CC.P");
  EXPECT_EQ(
      kinds(
          "Abstract\n\n    This document says how things are to be done in the project, and why we "
          "do them.\n"
          "    It goes on with a second line that is as much a sentence as the first line was.\n"),
      "P.PP");
  EXPECT_EQ(kinds("- an item of a list\n\n  its second paragraph is still prose\n"), "P.P");
}

TEST(RegionKind, DiffsAreCodeForAsManyLinesAsTheHeaderSays) {
  EXPECT_EQ(
      kinds("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n one\n-two\n+three\n+four\n"
            "This sentence stands after the diff and is prose.\n"),
      "CCCCCCCCP");
}

TEST(RegionKind, SourceFilesAreCodeWithTheirComments) {
  EXPECT_EQ(kinds("#include <cstdio>\n\n// Says hello to whoever asks for it.\nint main() {\n  "
                  "std::puts(\"hi\");\n  return 0;\n}\n"),
            "C.CCCCC");
  EXPECT_EQ(kinds("\"\"\"Module text.\n\nIt says a lot about what it does.\n\"\"\"\nimport "
                  "os\n\n\ndef f(x):\n"
                  "    \"\"\"Returns x twice, as the caller wants it.\"\"\"\n    # a comment of "
                  "some words\n    return x * 2\n"),
            "C.CCC..CCCC");
  EXPECT_EQ(kinds("name: build\non: push\njobs:\n  test:\n    runs-on: ubuntu\n    steps:\n      - "
                  "uses: actions/checkout\n"),
            "CCCCCCC");
  EXPECT_EQ(kinds("KEY=value\nOTHER=\"two words\"\n"), "CC");
}

TEST(RegionKind, NumberedFileReadsAreCode) {
  EXPECT_EQ(kinds("     1\xE2\x86\x92import os\n     2\xE2\x86\x92\n     3\xE2\x86\x92Some prose "
                  "in a file that was read.\n"),
            "CCC");
  EXPECT_EQ(kinds("src/a.cc:12:int main() {\nsrc/a.cc:13-  return 0;\n"), "CC");
}

TEST(RegionKind, TracesAndShellsAreCode) {
  EXPECT_EQ(kinds("Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    "
                  "f()\nValueError: bad\n"),
            "CCCC");
  EXPECT_EQ(kinds("$ ls\nREADME.md  src\n$ make\ncc -o x x.c\n"), "CCCC");
  EXPECT_EQ(kinds("goroutine 1 [running]:\nmain.main()\n\t/tmp/x.go:5 +0x1d\n"), "CCC");
}

TEST(RegionKind, MarkupIsCode) {
  EXPECT_EQ(kinds("<div class=\"a\">\n  <p>text</p>\n  <img src=\"x.png\"/>\n</div>\n"), "CCCC");
}

TEST(RegionKind, Tables) {
  EXPECT_EQ(kinds("| a | b |\n|---|---|\n| 1 | 2 |\n"), "TTT");
  EXPECT_EQ(kinds("name,age,city\nann,31,Rome\nbob,45,Oslo\n"), "TTT");
  EXPECT_EQ(kinds("name\tage\nann\t31\nbob\t45\n"), "TTT");
  EXPECT_EQ(kinds("NAME     STATUS   AGE\nweb-1    Running  3d\nweb-2    Pending  1h\n"), "TTT");
}

TEST(RegionKind, LogsKeepTheirContinuationLines) {
  EXPECT_EQ(kinds("2024-05-01 10:00:00 INFO started\n2024-05-01 10:00:01 ERROR failed\n  caused by "
                  "something\n"),
            "LLL");
}

TEST(RegionKind, JsonWholeFencedEmbeddedAndByLines) {
  const std::string value = "\"" + std::string(220, 'x') + "\"";
  EXPECT_EQ(kinds("{\n  \"a\": 1\n}\n"), "JJJ");
  EXPECT_EQ(kinds("Here:\n```json\n{ \"a\": 1 }\n```\nDone with that.\n"), "PJJJP");
  EXPECT_EQ(kinds("The answer is:\n\n{\n  \"a\": " + value + "\n}\n\nThat was all of it.\n"),
            "P.JJJ.P");
  EXPECT_EQ(kinds("{\"a\": 1}\n{\"a\": 2}\n{\"a\": 3}\n"), "JJJ");
  EXPECT_EQ(kinds("{\n  \"a\": " + value + ",\n  \"cut\": \"sho"), "JJJ");
  EXPECT_EQ(kinds("See [1] for the proof of it.\n"), "P");
}

TEST(RegionKind, JsonInSourceStaysCode) {
  const std::string object = "{\n  \"a\": \"" + std::string(220, 'x') + "\"\n}\n";
  EXPECT_EQ(kinds("const x = 1;\nmodule.exports =\n" + object + "foo();\n"), "CCCCCC");
}

TEST(RegionKind, BlocksForTheReaderAreLeftAlone) {
  const std::string text =
      "Some prose first.\n<system-reminder>\nDo not forget   "
      "this.\n\n\n\nEver.\n</system-reminder>\nMore prose.\n";
  EXPECT_EQ(kinds(text), "PCC...CCP");
  EXPECT_TRUE(find_structure(text, SegmentKind::kToolResult, {}).cuts.empty());
  EXPECT_EQ(kinds("A <pith-keep>kept words</pith-keep> line.\n"), "P");
}

TEST(RegionKind, CodeIsProseWhenItsClassIsOff) {
  CompressOptions options;
  options.protect &= ~static_cast<std::uint32_t>(kProtectCode);
  const Structure structure = find_structure("```\ncode\n```\n", SegmentKind::kPlain, options);
  ASSERT_EQ(structure.regions.size(), 1U);
  EXPECT_EQ(structure.regions[0].kind, RegionKind::kProse);
}

}  // namespace
}  // namespace pith
