// JSON that somebody cut short: words go from its long prose; closed by what it lacks, it is the
// same document as before.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <string>

#include "tests/json_closers.h"
#include "tests/stages/select/json_documents.h"
#include "tests/stages/select/prompt.h"

namespace pith {
namespace {

using testing::all_that_may_go;
using testing::at_rate;
using testing::compress;
using ::testing::Contains;
using testing::Documents;
using ::testing::HasSubstr;
using testing::JsonCloser;

const std::string kProse =
    "When an agent has to answer a question about an order, it should first look at what the "
    "conversation already holds, and only then think about whether another call of the service is "
    "really needed. Calls are cheap but they take time, and each of them adds to what the model "
    "has to read again afterwards.\\n\\nMost of the customers are happy with a short answer that "
    "comes soon. Those who want to know more will surely ask for it in their own words later";

TEST(SelectJsonCut, WordsOfWholeAndOfUnfinishedValuesGo) {
  const std::string text =
      R"({"results": [{"id": 1, "content": ")" + kProse + R"("}, {"id": 2, "content": ")" + kProse;
  const auto [reply, out] = compress(text, at_rate(0.5F));
  EXPECT_LE(reply.compressed_tokens * 2, reply.origin_tokens);
  EXPECT_TRUE(out.starts_with(R"({"results":[{"id":1,"content":")")) << out;
  EXPECT_THAT(out, HasSubstr(R"("},{"id":2,"content":")"));
  EXPECT_THAT(reply.transforms, ::testing::ElementsAre("json_minify", "json_prose"));
  EXPECT_THAT(reply.notes, Contains(HasSubstr("shortened long prose in 2 JSON strings;")));
}

TEST(SelectJsonCut, LastWordAndWhatIsSaidAboutTheCutStay) {
  for (const std::string end :
       {"", " ", "\n", "...", "\xE2\x80\xA6", "... [truncated]", "\n... [truncated]",
        "\n\n[output truncated]\n", " <12 characters omitted>", "\\", "\\u00", "\\ud83d\\ude",
        "\\n", "\nOutput truncated.\n"}) {
    const std::string out = compress("[\"" + kProse + end, all_that_may_go()).text;
    EXPECT_TRUE(out.ends_with("later" + end)) << end << "\n" << out;
    EXPECT_LT(out.size(), 150U) << out;
  }
}

TEST(SelectJsonCut, LiteralsUpToTheCutStay) {
  for (const std::string literal :
       {R"(\"a b c\")", "Mar 3", "-12.5 KB", "https:\\/\\/a.org\\/b", "12", "not"}) {
    for (const std::string end : {"", "...", "\\", "\n[truncated]"}) {
      const std::string out =
          compress("[\"" + kProse + " " + literal + end, all_that_may_go()).text;
      EXPECT_TRUE(out.ends_with(literal + end)) << out;
    }
  }
}

TEST(SelectJsonCut, RandomDocumentsStayTheSameJson) {
  Documents documents(13);
  simdjson::dom::parser parse_before, parse_after;
  int shortened = 0;
  int cut_values = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string text = documents.document();
    std::size_t size = documents.number() % text.size();
    while ((static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
    text.resize(size);
    if (size < 300) continue;  // too short to be looked at
    const std::string whole = JsonCloser::closed(text);
    // A whole document ends by itself, and what follows is other text.
    static const std::vector<std::string> kMarkers = {"", "", "...", "\n... [truncated]\n",
                                                      "\n(7 more rows)"};
    const std::string marker = whole == text ? "" : kMarkers[documents.number() % kMarkers.size()];
    CompressOptions options = at_rate(0.02F + static_cast<float>(documents.number() % 97) / 100.0F);
    if (round % 3 == 0) options.protect = documents.number() & kProtectDefault;
    if (round % 5 == 0) options = all_that_may_go();
    options.structure = round % 4 != 0;
    const auto [reply, out] = compress(text + marker, options, SegmentKind::kToolResult, round);
    ASSERT_TRUE(spans_on_characters(text + marker, reply.kept));
    ASSERT_TRUE(out.ends_with(marker)) << text << "\n" << out;
    const std::string closed = JsonCloser::closed(out.substr(0, out.size() - marker.size()));
    simdjson::dom::element before, after;
    ASSERT_EQ(parse_before.parse(whole).get(before), simdjson::SUCCESS) << whole;
    ASSERT_EQ(parse_after.parse(closed).get(after), simdjson::SUCCESS) << text << "\n" << out;
    ASSERT_NO_FATAL_FAILURE(testing::expect_same_but_prose(before, after)) << text << "\n" << out;
    shortened += std::count(reply.transforms.begin(), reply.transforms.end(), "json_prose");
    const Structure structure = find_structure(text + marker, SegmentKind::kToolResult, options);
    cut_values += structure.cut_word.begin < structure.cut_word.end ? 1 : 0;
  }
  EXPECT_GT(shortened, 500);
  EXPECT_GT(cut_values, 100);
}

}  // namespace
}  // namespace pith
