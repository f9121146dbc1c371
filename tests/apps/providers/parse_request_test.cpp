// What all adapters share: refusals, seeds, queries, turns.
#include <gtest/gtest.h>

#include "tests/apps/providers/request_case.h"

namespace pith {
namespace {

Result<ParsedRequest> parse(Api api, std::string_view body) {
  return parse_request(api, usual_target(api), body);
}

std::string reason(Api api, std::string_view body) {
  const Result<ParsedRequest> request = parse(api, body);
  if (request) return "parsed";
  EXPECT_EQ(request.error().code, ErrorCode::kNotEditable);
  return request.error().detail;
}

std::string seed(Api api, std::string_view body) {
  const Result<ParsedRequest> request = parse(api, body);
  EXPECT_TRUE(request);
  return request ? request->conversation_seed : "";
}

std::string joined(std::string_view system, std::string_view user) {
  return std::string(system) + '\0' + std::string(user);
}

TEST(ParseRequest, RefusesBodiesThatParsersReadDifferently) {
  const std::string text = R"({"messages":[{"role":"user","content":"hello"}],"model":"m"})";
  const Api api = Api::kOpenAiChat;
  EXPECT_EQ(reason(api, text), "parsed");
  EXPECT_EQ(reason(api, "\xEF\xBB\xBF" + text), "byte order mark: byte=0");
  EXPECT_EQ(reason(api, R"({"messages":[],"model":"m","model":"n"})"),
            "duplicate keys in the request");
  EXPECT_EQ(reason(api, R"({"messages":[],"m\u006fdel":"m","model":"n"})"),
            "duplicate keys in the request");
  EXPECT_EQ(reason(api, R"({"messages":[{"role":"user","content":"a \ud800 b"}]})"),
            "lone surrogate: byte=47");
  EXPECT_EQ(reason(api, "{\"messages\":[{\"role\":\"user\",\"content\":\"\xC3\"}]}"),
            "invalid UTF-8");
  EXPECT_EQ(reason(api, R"({"messages":[],"temperature":NaN})").substr(0, 12), "invalid JSON");
  EXPECT_EQ(reason(api, R"({"messages":[],})").substr(0, 12), "invalid JSON");
  EXPECT_EQ(reason(api, "{\"messages\":[] /* c */}").substr(0, 12), "invalid JSON");
  EXPECT_EQ(reason(api, "").substr(0, 12), "invalid JSON");
}

TEST(ParseRequest, CountsTheWholeDocumentsDepth) {
  const auto body = [](std::size_t depth) {  // the root is the first level
    return R"({"messages":[{"role":"user","content":"hello"}],"x":)" + std::string(depth - 1, '[') +
           std::string(depth - 1, ']') + "}";
  };
  EXPECT_EQ(reason(Api::kOpenAiChat, body(511)), "parsed");
  EXPECT_EQ(reason(Api::kOpenAiChat, body(512)), "parsed");
  EXPECT_EQ(reason(Api::kOpenAiChat, body(513)).substr(0, 22), "nested deeper than 512");
}

TEST(ParseRequest, FindsNothingWhereNothingCanBe) {
  for (
      const char* body :
      {"{}", "[]", "null", "7", "\"text\"",
       R"({"messages":"text","prompt":7,"contents":{},"input":null})",
       R"({"messages":[null,7,"x",[],{}],"contents":[7,{"parts":7}],"input":[7,[]],"system":7})"}) {
    for (int api = 1; api <= 9; ++api) {
      const Result<ParsedRequest> request = parse(static_cast<Api>(api), body);
      ASSERT_TRUE(request) << body << api;
      EXPECT_TRUE(request->texts.empty()) << body << api;
    }
  }
  EXPECT_FALSE(parse(Api::kNone, "{}"));
}

TEST(ParseRequest, NeedsEveryByteOfCodeToFillIn) {
  const Api completions = Api::kOpenAiCompletions;
  EXPECT_EQ(reason(completions, R"({"prompt":"a = ","suffix":"b"})"), "fill-in-the-middle: suffix");
  EXPECT_EQ(reason(completions, R"({"prompt":"a = ","suffix":""})"), "fill-in-the-middle: suffix");
  EXPECT_EQ(reason(completions, R"({"prompt":"p","echo":true})"),
            "echo: the answer repeats the prompt");
  EXPECT_EQ(reason(completions, R"({"prompt":["a","\u003cfim_prefix>b"]})"),
            "fill-in-the-middle: tokens in the prompt");
  EXPECT_EQ(reason(completions, R"({"prompt":"p","echo":false,"suffix":null})"), "parsed");
  const Api generate = Api::kOllamaGenerate;
  EXPECT_EQ(reason(generate, R"({"prompt":"p","suffix":"return x"})"),
            "fill-in-the-middle: suffix");
  EXPECT_EQ(reason(generate, R"({"prompt":"p","suffix":""})"), "parsed");
  EXPECT_EQ(reason(generate, R"({"prompt":"p","raw":true})"),
            "raw prompt: it carries the model's template");
  EXPECT_EQ(reason(generate, R"({"prompt":"<|fim_prefix|>p"})"),
            "fill-in-the-middle: tokens in the prompt");
}

TEST(ParseRequest, TwoSpellingsOfOneFieldAreAmbiguous) {
  EXPECT_EQ(reason(Api::kGeminiGenerate, R"({"systemInstruction":{},"system_instruction":{}})"),
            "system instruction in both spellings");
}

TEST(ParseRequest, StreamFollowsEachApisRule) {
  const auto stream = [](Api api, std::string_view body) { return parse(api, body)->stream; };
  EXPECT_FALSE(stream(Api::kOpenAiChat, "{}"));
  EXPECT_TRUE(stream(Api::kAnthropicMessages, R"({"stream":true})"));
  EXPECT_TRUE(stream(Api::kOllamaChat, "{}"));
  EXPECT_TRUE(stream(Api::kOllamaGenerate, "{}"));
  EXPECT_FALSE(stream(Api::kOllamaChat, R"({"stream":false})"));
  EXPECT_TRUE(
      parse_request(Api::kGeminiGenerate, "/v1beta/models/m:streamGenerateContent?alt=sse", "{}")
          ->stream);
  EXPECT_FALSE(
      parse_request(Api::kGeminiGenerate, "/v1beta/models/m:generateContent", "{}")->stream);
}

TEST(ParseRequest, ModelComesFromThePathWhereTheBodyHasNone) {
  EXPECT_EQ(
      parse_request(Api::kOpenAiChat, "/openai/deployments/d/chat/completions?api-version=1", "{}")
          ->model,
      "d");
  EXPECT_EQ(parse_request(Api::kOpenAiChat, "/openai/deployments/d/chat/completions",
                          R"({"model":"gpt-4.1"})")
                ->model,
            "gpt-4.1");
}

TEST(ConversationSeed, AnthropicIgnoresBillingLineShapeAndCacheControl) {
  const Api api = Api::kAnthropicMessages;
  const std::string expected = joined("You help.", "Hi there");
  EXPECT_EQ(
      seed(api, R"({"system":"You help.","messages":[{"role":"user","content":"Hi there"}]})"),
      expected);
  EXPECT_EQ(seed(api, R"({"messages":[{"content":[{"type":"text","text":"Hi "},
      {"type":"image","source":{}},{"type":"text","text":"there","cache_control":{"type":"ephemeral"}}],"role":"user"}],
      "system":[{"type":"text","text":"x-anthropic-billing-header: a=1; b=2"},
                {"type":"text","text":"You help.","cache_control":{"type":"ephemeral"}}]})"),
            expected);
  EXPECT_EQ(seed(api, R"({"system":"x-anthropic-billing-header: a=3\nYou help.","messages":[
      {"role":"user","content":"Hi there"},{"role":"assistant","content":"Yes?"},{"role":"user","content":"Go on"}]})"),
            expected);
  EXPECT_NE(
      seed(api, R"({"system":"You help!","messages":[{"role":"user","content":"Hi there"}]})"),
      expected);
}

TEST(ConversationSeed, ResponsesWithHistoryOnTheServerDiffer) {
  const auto of = [](std::string_view history) {
    return seed(
        Api::kOpenAiResponses,
        R"({"instructions":"Be brief.","input":[{"type":"function_call_output","call_id":"c",)"
        R"("output":"done"}],)" +
            std::string(history) + R"("model":"m"})");
  };
  EXPECT_NE(of(R"("previous_response_id":"resp_1",)"), of(R"("previous_response_id":"resp_2",)"));
  EXPECT_NE(of(R"("previous_response_id":"resp_1",)"), of(""));
  EXPECT_EQ(of(R"("conversation":"conv_1",)"), of(R"("conversation":{"id":"conv_1"},)"));
  EXPECT_EQ(of(R"("previous_response_id":null,)"), of(""));
}

TEST(ConversationSeed, CountTokensAsksForTheSameConversation) {
  const std::string body = read_fixture("anthropic_agent.json");
  EXPECT_EQ(seed(Api::kAnthropicMessages, body), seed(Api::kAnthropicCountTokens, body));
  EXPECT_EQ(seed(Api::kAnthropicMessages, body),
            joined("You are a research agent.", "Find out when the bridge opened."));
}

TEST(ConversationSeed, EachApiHasOne) {
  EXPECT_EQ(seed(Api::kOpenAiCompletions, R"({"prompt":"Once"})"), joined("", "Once"));
  EXPECT_EQ(seed(Api::kOpenAiCompletions, R"({"prompt":["Once","Twice"]})"), joined("", "Once"));
  EXPECT_EQ(seed(Api::kOpenAiResponses, R"({"input":"Q","instructions":"I"})"), joined("I", "Q"));
  EXPECT_EQ(seed(Api::kOpenAiResponses, R"({"instructions":"I","input":[{"role":"user","content":[
      {"type":"input_text","text":"Q"}]},{"type":"function_call_output","call_id":"c","output":"o"}]})"),
            joined("I", "Q"));
  EXPECT_EQ(seed(Api::kOllamaChat,
                 R"({"messages":[{"role":"system","content":"S"},{"role":"user","content":"U"}]})"),
            joined("S", "U"));
  EXPECT_EQ(seed(Api::kOllamaGenerate, R"({"prompt":"P","system":"S"})"), joined("S", "P"));
  EXPECT_EQ(seed(Api::kGeminiGenerate, R"({"contents":[{"parts":[{"text":"a"},{"text":"b"}]}],
      "systemInstruction":{"parts":[{"text":"S"}]}})"),
            joined("S", "ab"));
}

TEST(Query, AnthropicToolResultHasItsCallsInputAsSent) {
  const Result<ParsedRequest> request =
      parse(Api::kAnthropicMessages, read_fixture("anthropic_agent.json"));
  ASSERT_TRUE(request);
  const EditableText& fetched = request->texts[4];
  EXPECT_EQ(fetched.tool, "fetch");
  EXPECT_EQ(fetched.query,
            "{ \"url\":\"https://example.org/bridge\" , \"text\":\"no\"}\nFind out when the bridge "
            "opened.");
  EXPECT_EQ(request->texts[5].tool, "read");
  EXPECT_EQ(request->texts[6].kind, SegmentKind::kDocument);  // a search result that a tool gave
  EXPECT_EQ(request->texts[6].tool, "read");
  EXPECT_EQ(request->texts[1].query, "");
  EXPECT_EQ(request->texts[10].query, "");
}

TEST(Query, RemindersAreNotWhatTheUserSaid) {
  const Result<ParsedRequest> request = parse(Api::kAnthropicMessages, R"({"messages":[
    {"role":"user","content":[{"type":"text","text":"<system-reminder>x</system-reminder>"},{"type":"text","text":"Find it."}]},
    {"role":"assistant","content":[{"type":"tool_use","id":"a","name":"ls","input":{}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"r1"},{"type":"text","text":"<system-reminder>y"}]},
    {"role":"assistant","content":[{"type":"tool_use","id":"b","name":"cat","input":{}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"b","content":"r2"},{"type":"text","text":"Hurry."}]}]})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->texts[4].text, "r2");
  EXPECT_EQ(request->texts[4].query, "{}\nFind it.");
}

TEST(Query, OllamaMatchesCallsByIdNameOrOrder) {
  const Result<ParsedRequest> request = parse(Api::kOllamaChat, read_fixture("ollama_chat.json"));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->texts[2].tool, "get_time");
  EXPECT_EQ(request->texts[2].query, "{\"tz\":1}\nWeather in \"Köln\"?");
  EXPECT_EQ(request->texts[3].tool, "get_time");  // the second answer, no name: the second call
  const Result<ParsedRequest> ids = parse(Api::kOllamaChat, R"({"messages":[
    {"role":"assistant","content":"","tool_calls":[{"id":"x","function":{"name":"f","arguments":{"n":1}}},
                                                   {"id":"y","function":{"name":"f","arguments":{"n":2}}}]},
    {"role":"tool","tool_call_id":"y","content":"b"},{"role":"tool","tool_call_id":"x","content":"a"}]})");
  ASSERT_TRUE(ids);
  EXPECT_EQ(ids->texts[0].query, "{\"n\":2}");
  EXPECT_EQ(ids->texts[1].query, "{\"n\":1}");
}

TEST(Query, ResponsesItemsAreMatchedByCallId) {
  const Result<ParsedRequest> request =
      parse(Api::kOpenAiResponses, read_fixture("openai_responses_agent.json"));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->texts[4].tool, "search");
  EXPECT_EQ(request->texts[4].query, "{\"q\":\"units\"}\nCompare these.");
  EXPECT_EQ(request->texts[5].tool, "shell");
  EXPECT_EQ(request->texts[5].query, "ls -l\nCompare these.");
}

TEST(Query, IsBoundedAndKeepsRoomForTheUser) {
  const auto query = [](std::size_t arguments, std::size_t user) {
    std::string text;
    for (std::size_t i = 0; i < user; ++i) text += "é";
    const std::string body =
        R"({"messages":[{"role":"user","content":")" + text +
        R"("},{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":")" +
        std::string(arguments, 'a') +
        R"("}}]},{"role":"tool","tool_call_id":"c","content":"result"}]})";
    const Result<ParsedRequest> request = parse(Api::kOpenAiChat, body);
    EXPECT_TRUE(request);
    return request->texts.back().query;
  };
  EXPECT_EQ(query(10, 10).size(), 10U + 1 + 20);
  EXPECT_EQ(query(5000, 10), std::string(1979, 'a') + "\n" + "éééééééééé");
  EXPECT_EQ(query(5000, 0), std::string(2000, 'a'));
  EXPECT_EQ(query(0, 5000).size(), 2000U);
  EXPECT_EQ(query(5000, 5000).substr(0, 1001), std::string(1000, 'a') + "\n");
  EXPECT_EQ(query(5000, 5000).size(), 1999U);  // not half a character
}

TEST(LastTurn, IsWhatTheModelHasNotAnsweredYet) {
  const Result<ParsedRequest> request = parse(Api::kOpenAiChat, R"({"messages":[
    {"role":"system","content":"s"},{"role":"user","content":"a"},{"role":"assistant","content":"b","tool_calls":[]},
    {"role":"tool","content":"c"},{"role":"user","content":"d"},{"role":"system","content":"e"}]})");
  ASSERT_TRUE(request);
  std::string last;
  for (const EditableText& text : request->texts) {
    if (text.last_turn) last += text.text;
  }
  EXPECT_EQ(last, "cd");
}

}  // namespace
}  // namespace pith
