#include "tests/literals/reader_view.h"

#include <gtest/gtest.h>

namespace pith::literals {
namespace {

const std::string kFill(400, 'a');

TEST(ReaderView, ShortStringsAndOtherTextStayAsTheyStand) {
  const std::string text = "say \"a\\nb\": {\"k\": \"c\\nd\"} " + kFill + "\"";
  const ReaderView view = reader_view(text);
  EXPECT_EQ(view.text, text);
  EXPECT_EQ(view.source[7], (ByteSpan{7, 8}));
}

TEST(ReaderView, LongStringIsDecodedBetweenLineEnds) {
  const std::string value = "7\\n\\\"x\\\"\\u00e9\\ud83d\\ude00\\/" + kFill;
  const ReaderView view = reader_view("[\"" + value + "\", 1]");
  EXPECT_EQ(view.text, "[\n7\n\"x\"\u00e9\U0001F600/" + kFill + "\n, 1]");
  EXPECT_EQ(view.source[3], (ByteSpan{3, 5}));
  EXPECT_EQ(view.source[8], (ByteSpan{10, 16}));
}

TEST(ReaderView, KeyIsNoValue) {
  const std::string text = "{\"" + kFill + "\\n.\": 1}";
  EXPECT_EQ(reader_view(text).text, text);
}

TEST(ReaderView, StringThatIsCutShortIsDecodedUpToTheCut) {
  for (const std::string cut : {"", "\\", "\\u00e", "\n... [truncated]", "\\u\n[truncated]\n"}) {
    const ReaderView view = reader_view("{\"k\": \"a\\n" + kFill + cut);
    EXPECT_EQ(view.text, "{\"k\": \na\n" + kFill + cut);
  }
  const std::string text = "[\"a\\n" + kFill + "\nand\nmore";
  EXPECT_EQ(reader_view(text).text, text);
}

TEST(ReaderView, HalfAnEscapeIsSeen) {
  const std::string text = "[\"" + kFill + "\\n.\"]";
  const ReaderView view = reader_view(text);
  const auto size = static_cast<std::uint32_t>(text.size());
  const ViewSpans whole = kept_of_view(view, text, {{0, size}});
  EXPECT_TRUE(whole.half_kept.empty());
  ASSERT_EQ(whole.kept.size(), 1U);
  EXPECT_EQ(whole.kept[0].end, view.text.size());
  EXPECT_EQ(kept_of_view(view, text, {{0, 403}, {404, size}}).half_kept.size(), 1U);
}

}  // namespace
}  // namespace pith::literals
