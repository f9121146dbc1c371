#include "stages/select/layout.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/stages/select/prompt.h"

namespace pith {
namespace {

// What stays of `text` when the words that contain one of `dropped` go.
std::string without(std::string_view text, const std::vector<std::string>& dropped) {
  const TokenizedSegment segment = testing::make_segment(text, SegmentKind::kPlain, {});
  const Layout layout(text, segment);
  std::vector<bool> kept(layout.atoms().size(), true);
  for (std::size_t i = 0; i < segment.words.size(); ++i) {
    const std::string_view word =
        text.substr(segment.words[i].begin, segment.words[i].text_end - segment.words[i].begin);
    if (std::any_of(dropped.begin(), dropped.end(),
                    [&](const std::string& d) { return word.find(d) != std::string_view::npos; })) {
      kept[layout.atom_of_word(i)] = false;
    }
  }
  return apply_spans(text, layout.spans(kept));
}

TEST(Layout, ADroppedWordTakesItsBlankWithIt) {
  EXPECT_EQ(without("one two three", {"two"}), "one three");
  EXPECT_EQ(without("one two three", {"one"}), "two three");
  EXPECT_EQ(without("one two three", {"three"}), "one two");
  EXPECT_EQ(without("one  two three", {"two"}), "one  three");
}

TEST(Layout, LinesStayLinesWhileTheyHaveWords) {
  EXPECT_EQ(without("one two\nthree four\n", {"two"}), "one\nthree four\n");
  EXPECT_EQ(without("one two\nthree four\n", {"three"}), "one two\nfour\n");
  EXPECT_EQ(without("one two\nthree four\nfive\n", {"three", "four"}), "one two\nfive\n");
  EXPECT_EQ(without("one two\nthree four\n", {"three", "four"}), "one two\n");
}

TEST(Layout, ParagraphsStayParagraphs) {
  EXPECT_EQ(without("one two\n\nthree four\n\nfive\n", {"two", "three"}), "one\n\nfour\n\nfive\n");
  EXPECT_EQ(without("one two\n\nthree four\n\nfive\n", {"three", "four"}), "one two\n\nfive\n");
  EXPECT_EQ(without("one two\n\nthree\nfour\n\nfive\n", {"two", "three", "four"}), "one\n\nfive\n");
}

TEST(Layout, IndentationStaysWithItsLine) {
  EXPECT_EQ(without("- one two\n  three four\n", {"two", "three"}), "- one\n  four\n");
}

TEST(Layout, NoBlankAtTheStartNorNewOnesAtTheEnd) {
  EXPECT_EQ(without("\none two three", {"one", "three"}), "two");
  EXPECT_EQ(without("one two \n", {"two"}), "one \n");
}

TEST(Layout, ScriptsWithoutBlanksAreJoined) {
  const std::string out = without("我们喜欢音乐。", {"喜欢"});
  EXPECT_EQ(out, "我们音乐。");
}

TEST(Layout, CodeBetweenProseKeepsItsLines) {
  const std::string text = "Some words here:\n\n```\n  x = 1\n```\n\nAnd after it.\n";
  EXPECT_EQ(without(text, {"words", "here"}), "Some\n\n```\n  x = 1\n```\n\nAnd after it.\n");
  EXPECT_EQ(without(text, {"Some", "words", "here"}), "```\n  x = 1\n```\n\nAnd after it.\n");
  EXPECT_EQ(without(text, {"And", "after", "it"}), "Some words here:\n\n```\n  x = 1\n```\n");
}

}  // namespace
}  // namespace pith
