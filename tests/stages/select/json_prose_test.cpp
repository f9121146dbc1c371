// Words go from the long prose in JSON strings; everything else of the document is as it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <string>

#include "tests/stages/select/json_documents.h"
#include "tests/stages/select/prompt.h"

namespace pith {
namespace {

using testing::all_that_may_go;
using testing::at_rate;
using testing::compress;
using ::testing::Contains;
using testing::Documents;
using testing::expect_same_but_prose;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kProse =
    "When an agent has to answer a question about an order, it should first look at what the "
    "conversation already holds, and only then think about whether another call of the service is "
    "really needed. Calls are cheap but they take time, and each of them adds to what the model "
    "has to read again afterwards.\\n\\nMost of the customers are happy with a short answer that "
    "comes soon. Those who want to know more will surely ask for it in their own words later on.";

TEST(SelectJsonProse, WordsOfALongStringGoAndNothingElse) {
  const std::string text = R"({"id": "a-1", "content": ")" + kProse + R"(", "tags": ["x", "y z"]})";
  const auto [reply, out] = compress(text, at_rate(0.5F));
  EXPECT_LE(reply.compressed_tokens * 2, reply.origin_tokens);
  EXPECT_TRUE(out.starts_with(R"({"id":"a-1","content":")")) << out;
  EXPECT_TRUE(out.ends_with(R"(","tags":["x","y z"]})")) << out;
  EXPECT_THAT(reply.transforms, ::testing::ElementsAre("json_minify", "json_prose"));
  EXPECT_THAT(reply.notes, Contains(HasSubstr("shortened long prose in 1 JSON string;")));
}

TEST(SelectJsonProse, ProseBesideIsNamedBesides) {
  const std::string text =
      "Here is what the search service has found for all of you today:\n\n[\"" + kProse + "\", \"" +
      kProse + "\"]\n";
  const SegmentReply reply = compress(text, at_rate(0.3F), SegmentKind::kPlain).reply;
  EXPECT_THAT(reply.transforms, ::testing::ElementsAre("json_minify", "prose", "json_prose"));
  EXPECT_THAT(reply.notes, Contains(HasSubstr("in 2 JSON strings;")));
}

TEST(SelectJsonProse, ClassSwitchesItOff) {
  CompressOptions options = at_rate(0.5F);
  options.protect |= kProtectJsonText;
  const std::string text = "[\"" + kProse + "\"]";
  EXPECT_EQ(compress(text, options).text, text);
}

std::string value_after(const std::string& added) {
  const std::string text = "[\"" + kProse + " " + added + " " + kProse + "\"]";
  return compress(text, all_that_may_go()).text;
}

TEST(SelectJsonProse, LiteralsBesideEscapesStay) {
  for (const std::string literal :
       {R"(\"a b c\")", R"((\"so it is, they say\").)", R"(key=\"of the value\";)",
        R"(\u201cfor all of us\u201d)", R"(don\u2019t)", R"(caf\u00e9s)", R"(C:\\the\\new)",
        R"('it and them')", R"(\ud83d\ude00)"}) {
    EXPECT_THAT(value_after(literal), HasSubstr(literal));
  }
  for (const std::string literal : {"7", "https:\\/\\/a.org\\/b", "-12.5 KB", "not", "the_name"}) {
    EXPECT_THAT(value_after("\\n" + literal + "\\n"), HasSubstr(literal));
    EXPECT_THAT(value_after("it\\t" + literal + "\\r\\n"), HasSubstr(literal));
  }
}

TEST(SelectJsonProse, QuotationsWithQuotationsInThemStay) {
  for (const std::string literal :
       {R"(\"of it \\\"by them\\\" all.\")", R"(\u00abof it and them\u00bb)",
        R"(\" of it \", \" by them \")", R"(\u2018of it and them\u2019)"}) {
    EXPECT_THAT(value_after(literal), HasSubstr(literal));
  }
}

TEST(SelectJsonProse, WhatStandsBetweenQuotationsGoes) {
  const std::string out = value_after(R"(\"first one\" and of the \"second one\")");
  EXPECT_THAT(out, HasSubstr(R"(\"first one\" \"second one\")"));
}

TEST(SelectJsonProse, NoBlankIsLeftNextToTheQuotationMarks) {
  const std::string out = compress("[\"" + kProse + "\"]", at_rate(0.2F)).text;
  EXPECT_NE(out[2], ' ') << out;
  EXPECT_NE(out[out.size() - 3], ' ') << out;
}

TEST(SelectJsonProse, ParagraphsOfAUserAreThoseOfTheText) {
  // The break inside the string does not make its second half the user's last paragraph.
  const std::string text = "Please sum up.\n\n[\"" + kProse + "\"]\n\nThanks for all of it.";
  const auto [reply, out] = compress(text, all_that_may_go(), SegmentKind::kUserText);
  EXPECT_TRUE(out.starts_with("Please sum up.\n\n[\"")) << out;
  EXPECT_TRUE(out.ends_with("Thanks for all of it.")) << out;
  EXPECT_THAT(reply.transforms, Contains("json_prose"));
}

// The properties: whatever the document, the rate and the classes.
TEST(SelectJsonProse, RandomDocumentsStayTheSameJson) {
  Documents documents(11);
  simdjson::dom::parser parse_before, parse_after;
  int shortened = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::string text = documents.document();
    CompressOptions options = at_rate(0.02F + static_cast<float>(documents.number() % 97) / 100.0F);
    if (round % 3 == 0) options.protect = documents.number() & kProtectDefault;
    if (round % 5 == 0) options = all_that_may_go();
    options.structure = round % 4 != 0;
    const auto [reply, out] = compress(text, options, SegmentKind::kToolResult, round);
    ASSERT_TRUE(spans_on_characters(text, reply.kept));
    ASSERT_EQ(reply.compressed_tokens, testing::o200k().count(out));
    simdjson::dom::element before, after;
    if (parse_before.parse(text).get(before) != simdjson::SUCCESS) FAIL() << text;
    ASSERT_EQ(parse_after.parse(out).get(after), simdjson::SUCCESS) << text << "\n" << out;
    ASSERT_NO_FATAL_FAILURE(expect_same_but_prose(before, after)) << text << "\n" << out;
    shortened += std::count(reply.transforms.begin(), reply.transforms.end(), "json_prose");
  }
  EXPECT_GT(shortened, 500);
}

}  // namespace
}  // namespace pith
