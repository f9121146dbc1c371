#include "apps/reader/chat_body.h"

#include <gtest/gtest.h>

#include "apps/reader/answer_cache.h"
#include "apps/reader/chat_reader.h"

namespace pith {
namespace {

TEST(ChatBody, IsTheSameForTheSamePrompt) {
  EXPECT_EQ(chat_body("a \"b\"\n", {.model = "m", .max_tokens = 7, .members = {}}),
            R"({"model":"m","messages":[{"role":"user","content":"a \"b\"\n"}],)"
            R"("temperature":0,"top_p":1,"seed":42,"max_tokens":7})");
}

TEST(ChatBody, MembersReplaceAddAndTakeOut) {
  const auto members =
      parse_members(R"({"max_tokens": null, "seed": 1, "extra": {"a": [1, "x"]}})");
  ASSERT_TRUE(members);
  EXPECT_EQ(chat_body("p", {.model = "m", .max_tokens = 7, .members = *members}),
            R"({"model":"m","messages":[{"role":"user","content":"p"}],)"
            R"("temperature":0,"top_p":1,"seed":1,"extra":{"a":[1,"x"]}})");
  EXPECT_FALSE(parse_members("[1]"));
  EXPECT_FALSE(parse_members("{"));
}

TEST(ChatAnswer, TextAndUsage) {
  const auto answer = parse_chat_answer(
      R"({"choices":[{"message":{"role":"assistant","content":"42"}}],
          "usage":{"prompt_tokens":11,"completion_tokens":2}})");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->text, "42");
  EXPECT_EQ(answer->prompt_tokens, 11);
  EXPECT_EQ(answer->completion_tokens, 2);
  const auto parts = parse_chat_answer(
      R"({"choices":[{"message":{"content":[{"type":"text","text":"4"},{"text":"2"}]}}]})");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->text, "42");
  const auto nothing = parse_chat_answer(R"({"choices":[{"message":{"content":null}}]})");
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->text, "");
  EXPECT_FALSE(parse_chat_answer(R"({"choices":[]})"));
  EXPECT_FALSE(parse_chat_answer("<html>"));
}

TEST(ChatError, MessageIsCutAtACharacter) {
  EXPECT_EQ(chat_error_message(R"({"error":{"message":"no such model"}})"), "no such model");
  EXPECT_EQ(chat_error_message("oops"), "");
  const std::string message =
      chat_error_message(R"({"error":{"message":")" + std::string(199, 'x') + "\u00e9\u00e9\"}}");
  EXPECT_EQ(message, std::string(199, 'x'));
}

TEST(ChatTarget, FollowsTheBaseUrl) {
  EXPECT_EQ(chat_target(""), "/v1/chat/completions");
  EXPECT_EQ(chat_target("/api/v1"), "/api/v1/chat/completions");
  EXPECT_EQ(chat_target("/x/chat/completions"), "/x/chat/completions");
}

TEST(AnswerKey, DependsOnUrlAndBody) {
  EXPECT_EQ(answer_key("u", "b"), answer_key("u", "b"));
  EXPECT_NE(answer_key("u", "b"), answer_key("v", "b"));
  EXPECT_NE(answer_key("u", "b"), answer_key("u", "c"));
}

}  // namespace
}  // namespace pith
