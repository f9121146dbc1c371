#include "apps/demo/demo_answer.h"

#include <gtest/gtest.h>
#include <simdjson.h>

namespace pith {
namespace {

bool is_json(std::string_view text) {
  simdjson::dom::parser parser;
  return parser.parse(text.data(), text.size(), true).error() == simdjson::SUCCESS;
}

std::string joined(const DemoAnswer& answer) {
  std::string all;
  for (const std::string& piece : answer.pieces) all += piece;
  return all;
}

/// The JSON of each `data:` line.
std::vector<std::string> data_lines(const DemoAnswer& answer) {
  std::vector<std::string> lines;
  for (const std::string& piece : answer.pieces) {
    const auto at = piece.find("data: ");
    EXPECT_NE(at, std::string::npos) << piece;
    lines.push_back(piece.substr(at + 6, piece.find_last_not_of("\r\n") + 1 - at - 6));
    EXPECT_TRUE(piece.ends_with("\n\n") || piece.ends_with("\r\n\r\n")) << piece;
  }
  return lines;
}

TEST(DemoAnswer, WholeAnswersAreJsonInEveryFormat) {
  for (const char* path :
       {"/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages",
        "/v1/messages/count_tokens", "/api/chat", "/api/generate",
        "/v1beta/models/m:generateContent", "/v1beta/models/m:countTokens"}) {
    const DemoAnswer answer = demo_answer("POST", path, "", R"({"stream":false})");
    EXPECT_EQ(answer.status, 200U) << path;
    EXPECT_FALSE(answer.stream) << path;
    EXPECT_TRUE(is_json(joined(answer))) << path << ": " << joined(answer);
  }
}

TEST(DemoAnswer, StreamsAreFramedAsTheirApiFramesThem) {
  const std::string body = R"({"stream":true})";
  for (const char* path : {"/v1/chat/completions", "/v1/completions"}) {
    auto lines = data_lines(demo_answer("POST", path, "", body));
    EXPECT_EQ(lines.back(), "[DONE]") << path;
    lines.pop_back();
    for (const std::string& line : lines) EXPECT_TRUE(is_json(line)) << path << ": " << line;
  }
  for (const char* path : {"/v1/responses", "/v1/messages"}) {
    const DemoAnswer answer = demo_answer("POST", path, "", body);
    for (const std::string& piece : answer.pieces) EXPECT_EQ(piece.find("event: "), 0U) << piece;
    for (const std::string& line : data_lines(answer)) EXPECT_TRUE(is_json(line)) << line;
  }
  const DemoAnswer sse =
      demo_answer("POST", "/v1beta/models/m:streamGenerateContent", "alt=sse", "{}");
  for (const std::string& line : data_lines(sse)) EXPECT_TRUE(is_json(line)) << line;
}

TEST(DemoAnswer, GeminiWithoutSseIsOneArray) {
  const DemoAnswer answer = demo_answer("POST", "/v1beta/models/m:streamGenerateContent", "", "{}");
  EXPECT_TRUE(answer.stream);
  EXPECT_TRUE(is_json(joined(answer))) << joined(answer);
}

TEST(DemoAnswer, OllamaStreamsUnlessToldOtherwise) {
  const DemoAnswer answer = demo_answer("POST", "/api/chat", "", "{}");
  EXPECT_TRUE(answer.stream);
  for (const std::string& line : answer.pieces) EXPECT_TRUE(is_json(line)) << line;
  EXPECT_NE(answer.pieces.back().find(R"("done":true)"), std::string::npos);
}

TEST(DemoAnswer, SaysThatItIsNoModelAndTakesAnyBody) {
  for (const char* body : {"", "{", "\xff", "[]", R"({"stream":"yes"})"}) {
    const DemoAnswer answer = demo_answer("POST", "/v1/chat/completions", "", body);
    EXPECT_FALSE(answer.stream);
    EXPECT_NE(joined(answer).find("not a language model"), std::string::npos);
  }
  EXPECT_EQ(demo_answer("POST", "/v1/unknown", "", "{}").status, 404U);
  EXPECT_EQ(demo_answer("GET", "/v1/models", "", "").status, 200U);
}

}  // namespace
}  // namespace pith
