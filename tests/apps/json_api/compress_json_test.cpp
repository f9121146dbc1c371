#include "apps/json_api/compress_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "apps/json_api/json_text.h"

namespace pith {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ParseCompressJson, ReadsEveryOption) {
  std::string id;
  const auto call = parse_compress_json(
      R"({"id": "q-1", "context": ["a b", "c"], "options": {"rate": 0.4, "query": "who?", "force_tokens": ["x", "y"],
          "protect": ["numbers", "urls"], "tokenizer": "cl100k_base", "policy": "ngram-en", "min_tokens": 7,
          "min_gain": 0.1, "structure": false, "prose": false, "repeat_markers": true}})",
      &id);
  ASSERT_TRUE(call) << call.error().detail;
  EXPECT_EQ(call->id, "\"q-1\"");
  EXPECT_EQ(id, "\"q-1\"");
  EXPECT_TRUE(call->list);
  ASSERT_EQ(call->request.segments.size(), 2U);
  EXPECT_EQ(call->request.segments[1].text, "c");
  EXPECT_EQ(call->request.segments[1].query, "who?");
  const CompressOptions& options = call->request.options;
  EXPECT_FLOAT_EQ(options.target_rate.value(), 0.4F);
  EXPECT_THAT(options.force_tokens, ::testing::ElementsAre("x", "y"));
  EXPECT_EQ(options.protect, std::uint32_t{kProtectNumbers} | kProtectUrls);
  EXPECT_EQ(options.reader, "cl100k_base");
  EXPECT_EQ(call->request.policy, "ngram-en");
  EXPECT_EQ(options.min_tokens, 7U);
  EXPECT_FLOAT_EQ(options.min_gain, 0.1F);
  EXPECT_FALSE(options.structure);
  EXPECT_FALSE(options.prose);
  EXPECT_TRUE(options.repeat_markers);
}

// Each context has a copy, and is compared with it.
TEST(ParseCompressJson, OfALongQueryTheEndIsKept) {
  const auto call = parse_compress_json(R"({"context": ["a", "b"], "options": {"query": ")" +
                                        std::string(100000, '-') + R"( who?"}})");
  ASSERT_TRUE(call) << call.error().detail;
  for (const auto& segment : call->request.segments) {
    EXPECT_LT(segment.query.size(), 10000U);
    EXPECT_TRUE(segment.query.ends_with(" who?"));
  }
}

TEST(ParseCompressJson, DefaultsAreThoseOfCompressOptions) {
  const auto call = parse_compress_json(R"({"context":"plain","options":{"rate":null}})");
  ASSERT_TRUE(call) << call.error().detail;
  EXPECT_FALSE(call->list);
  EXPECT_EQ(call->id, "");
  EXPECT_FALSE(call->request.options.target_rate.has_value());
  EXPECT_EQ(call->request.options.protect, kProtectDefault);
  EXPECT_EQ(call->request.options.reader, "o200k_base");
}

class BadCompressJson : public ::testing::TestWithParam<const char*> {};
TEST_P(BadCompressJson, IsAnErrorThatQuotesNoText) {
  const auto call = parse_compress_json(GetParam());
  ASSERT_FALSE(call);
  EXPECT_EQ(call.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(call.error().detail, Not(HasSubstr("canary")));
}
INSTANTIATE_TEST_SUITE_P(
    ParseCompressJson, BadCompressJson,
    ::testing::Values("", "canary", "[\"canary\"]", "{}", R"({"context": 3})", R"({"context": []})",
                      R"({"context": ["canary", 1]})", R"({"context": "canary", "options": []})",
                      R"({"context": "canary", "options": {"rate": 0}})",
                      R"({"context": "canary", "options": {"rate": 1.5}})",
                      R"({"context": "canary", "options": {"rate": "0.5"}})",
                      R"({"context": "canary", "options": {"rate": 0.5, "threshold": 0.5}})",
                      R"({"context": "canary", "options": {"target_tokens": -1}})",
                      R"({"context": "canary", "options": {"target_tokens": 4294967296}})",
                      R"({"context": "canary", "options": {"threshold": 2}})",
                      R"({"context": "canary", "options": {"protect": ["digits"]}})",
                      R"({"context": "canary", "options": {"force_tokens": [""]}})",
                      R"({"context": "canary", "options": {"force_tokens": [3]}})",
                      R"({"context": "canary", "options": {"reat": 0.5}})",
                      "{\"context\": \"canary \xFF\"}", R"({"context": "canary \ud800"})",
                      R"({"context": "canary"} x)"));

TEST(ParseCompressJson, RefusesWhatItWouldNotHeed) {
  const auto error_of = [](const char* json) {
    std::string id;
    const auto call = parse_compress_json(json, &id);
    EXPECT_EQ(id, "7");
    return call ? "" : call.error().detail;
  };
  EXPECT_EQ(error_of(R"({"context": "a b", "query": "who?", "id": 7})"),
            R"(unknown field "query": it belongs in "options")");
  EXPECT_EQ(error_of(R"({"id": 7, "context": "a b", "rate": "half"})"),
            R"(unknown field "rate": it belongs in "options")");
  EXPECT_EQ(error_of(R"({"id": 7, "context": "a b", "contxt": "canary"})"),
            R"(unknown field "contxt"; a request has "context", "options" and "id")");
  EXPECT_EQ(error_of(R"({"id": 7, "text": "canary"})"),
            R"(unknown field "text"; a request has "context", "options" and "id")");
  EXPECT_EQ(error_of(R"({"id": 7, "context": "a b", "query": null})"), "");
}

TEST(ParseCompressJson, GivesTheIdOfABadRequest) {
  std::string id;
  EXPECT_FALSE(parse_compress_json(R"({"id": 12, "context": 3})", &id));
  EXPECT_EQ(id, "12");
}

CompressReply reply_of(std::vector<std::vector<ByteSpan>> kept) {
  CompressReply reply;
  reply.policy = "abc";
  for (auto& spans : kept) {
    SegmentReply segment;
    segment.kept = std::move(spans);
    segment.origin_tokens = 3;
    segment.compressed_tokens = 1;
    segment.notes = {"a \"note\""};
    reply.segments.push_back(std::move(segment));
  }
  return reply;
}

TEST(CompressAnswerJson, OneContext) {
  auto call = parse_compress_json(R"({"id":7,"context":"keep drop keep"})");
  ASSERT_TRUE(call);
  EXPECT_EQ(
      compress_answer_json(*call, reply_of({{{0, 5}, {10, 14}}})),
      R"({"id":7,"compressed_prompt":"keep keep","origin_tokens":3,"compressed_tokens":1,)"
      R"("achieved_rate":0.333333,"kept":[[0,5],[10,14]],"policy":"abc","notes":["a \"note\""]})");
}

TEST(CompressAnswerJson, ListOfContexts) {
  auto call = parse_compress_json(R"({"context":["one two","three"]})");
  ASSERT_TRUE(call);
  EXPECT_EQ(
      compress_answer_json(*call, reply_of({{{0, 3}}, {{0, 5}}})),
      R"({"compressed_prompt":"one\n\nthree","compressed_prompt_list":["one","three"],"origin_tokens":6,)"
      R"("compressed_tokens":2,"achieved_rate":0.333333,"kept":[[[0,3]],[[0,5]]],"policy":"abc",)"
      R"("notes":["[0] a \"note\"","[1] a \"note\""]})");
}

TEST(CompressAnswerJson, EmptyTextHasRateOne) {
  auto call = parse_compress_json(R"({"context":""})");
  ASSERT_TRUE(call);
  CompressReply reply;
  reply.segments.resize(1);
  EXPECT_THAT(compress_answer_json(*call, reply), HasSubstr(R"("achieved_rate":1,"kept":[],)"));
}

TEST(ErrorJson, HoldsCodeAndMessage) {
  EXPECT_EQ(error_json({ErrorCode::kOverloaded, "full: in_flight=4"}, "\"x\""),
            R"({"id":"x","error":{"code":"overloaded","message":"full: in_flight=4"}})");
}

TEST(AppendJsonString, RoundTripsThroughAParserWhateverTheBytes) {
  std::string text = "tab\t quote\" back\\ nul";
  text += '\0';
  text += "\x1f\x7f é 漢 😀";
  std::string json;
  append_json_string(json, text);
  simdjson::dom::parser parser;
  std::string_view parsed;
  ASSERT_EQ(parser.parse(json).get(parsed), simdjson::SUCCESS) << json;
  EXPECT_EQ(parsed, text);
}

TEST(AppendJsonString, ReplacesBytesThatAreNotUtf8) {
  for (const char* bad :
       {"\xFF", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82", "a\x80z"}) {
    std::string json;
    append_json_string(json, bad);
    simdjson::dom::parser parser;
    std::string_view parsed;
    ASSERT_EQ(parser.parse(json).get(parsed), simdjson::SUCCESS);
    EXPECT_THAT(std::string(parsed), HasSubstr("\xEF\xBF\xBD"));
  }
}

TEST(AppendJsonNumber, IsShortAndNeverNotANumber) {
  const auto text = [](double value) {
    std::string out;
    append_json_number(out, value);
    return out;
  };
  EXPECT_EQ(text(0.5), "0.5");
  EXPECT_EQ(text(1.0), "1");
  EXPECT_EQ(text(0.0), "0");
  EXPECT_EQ(text(100.0), "100");
  EXPECT_EQ(text(2.0 / 3.0), "0.666667");
  EXPECT_EQ(text(std::numeric_limits<double>::infinity()), "null");
}

}  // namespace
}  // namespace pith
