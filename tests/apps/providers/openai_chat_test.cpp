#include <gtest/gtest.h>

#include "apps/providers/provider.h"

namespace pith {
namespace {

ParsedRequest parse(std::string_view body) {
  Result<ParsedRequest> request = parse_request(Api::kOpenAiChat, "/v1/chat/completions", body);
  EXPECT_TRUE(request) << request.error().detail;
  return request ? *std::move(request) : ParsedRequest();
}

TEST(OpenAiChat, ReadsModelAndStream) {
  const ParsedRequest request = parse(R"({"stream":true,"messages":[],"model":"gpt-4.1"})");
  EXPECT_EQ(request.model, "gpt-4.1");
  EXPECT_TRUE(request.stream);
  EXPECT_TRUE(request.texts.empty());
  EXPECT_FALSE(parse(R"({"messages":[]})").stream);
}

TEST(OpenAiChat, QueryOfAToolResultIsItsCallAndTheUserTurnBefore) {
  const ParsedRequest request = parse(R"({"messages":[
    {"role":"user","content":"Why does the cron job fail?"},
    {"role":"assistant","content":null,"tool_calls":[
      {"id":"c1","type":"function","function":{"name":"read_log","arguments":"{\"path\":\"/var/log/cron\"}"}},
      {"id":"c2","type":"custom","custom":{"name":"grep","input":"fail"}}]},
    {"role":"tool","tool_call_id":"c2","content":"two"},
    {"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":"one"}]},
    {"role":"tool","tool_call_id":"c9","content":"unknown"}]})");
  ASSERT_EQ(request.texts.size(), 4U);
  EXPECT_EQ(request.texts[1].query, "fail\nWhy does the cron job fail?");
  EXPECT_EQ(request.texts[1].tool, "grep");
  EXPECT_EQ(request.texts[2].query, "{\"path\":\"/var/log/cron\"}\nWhy does the cron job fail?");
  EXPECT_EQ(request.texts[2].tool, "read_log");
  EXPECT_EQ(request.texts[3].query, "Why does the cron job fail?");
  EXPECT_EQ(request.texts[3].tool, "");
}

TEST(OpenAiChat, OlderFunctionRoleIsMatchedByName) {
  const ParsedRequest request = parse(R"({"messages":[
    {"role":"assistant","content":null,"function_call":{"name":"find","arguments":"{\"q\":1}"}},
    {"role":"function","name":"find","content":"found"}]})");
  ASSERT_EQ(request.texts.size(), 1U);
  EXPECT_EQ(request.texts[0].kind, SegmentKind::kToolResult);
  EXPECT_EQ(request.texts[0].query, "{\"q\":1}");
  EXPECT_EQ(request.texts[0].tool, "find");
}

TEST(OpenAiChat, SeedDoesNotDependOnShape) {
  const std::string plain =
      parse(
          R"({"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi there"}]})")
          .conversation_seed;
  const std::string parts = parse(R"({"messages":[
      {"role":"developer","content":[{"type":"text","text":"Be "},{"type":"text","text":"brief."}]},
      {"content":[{"text":"Hi \u0074here","type":"text","cache_control":{"type":"ephemeral"}}],"role":"user"},
      {"role":"assistant","content":"Hello"},{"role":"system","content":"Later."},{"role":"user","content":"More"}]})")
                                .conversation_seed;
  EXPECT_EQ(plain, std::string("Be brief.\0Hi there", 18));
  EXPECT_EQ(parts, plain);
}

}  // namespace
}  // namespace pith
