// The requests of tests/data/fixtures, and the long conversation turn by turn.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/apps/providers/request_case.h"

namespace pith {
namespace {

using nlohmann::ordered_json;

std::string read_named(const std::string& file) {
  std::ifstream in(PITH_TEST_DATA "/fixtures/" + file, std::ios::binary);
  EXPECT_TRUE(in) << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(NamedFixtures, MostOfTheirTextIsWhatIsCompressedByDefault) {
  const std::pair<const char*, Api> fixtures[] = {
      {"openai-chat.json", Api::kOpenAiChat},
      {"openai-completions.json", Api::kOpenAiCompletions},
      {"openai-responses.json", Api::kOpenAiResponses},
      {"anthropic-messages.json", Api::kAnthropicMessages},
      {"ollama-chat.json", Api::kOllamaChat},
      {"ollama-generate.json", Api::kOllamaGenerate},
      {"gemini.json", Api::kGeminiGenerate},
  };
  for (const auto& [file, api] : fixtures) {
    const std::string body = read_named(file);
    const Result<ParsedRequest> request = parse_request(api, usual_target(api), body);
    ASSERT_TRUE(request) << file << ": " << request.error().detail;
    std::size_t all = 0, targets = 0;
    for (const EditableText& text : request->texts) {
      const bool material =
          text.kind == SegmentKind::kToolResult || text.kind == SegmentKind::kDocument;
      const bool long_user = text.kind == SegmentKind::kUserText && text.text.size() > 3000;
      all += text.text.size();
      targets += material || long_user ? text.text.size() : 0;
      if (material) {
        EXPECT_EQ(text.query.empty(), text.kind == SegmentKind::kDocument && text.tool.empty())
            << file;
      }
    }
    EXPECT_GT(targets, 12'000U) << file;
    EXPECT_GT(targets * 10, all * 9) << file;
  }
}

class AgentConversation : public testing::Test {
 protected:
  void SetUp() override {
    head_ = ordered_json::parse(read_named("agent40-head.json"));
    std::istringstream lines(read_named("agent40.jsonl"));
    for (std::string line; std::getline(lines, line);)
      messages_.push_back(ordered_json::parse(line));
  }

  // README.md beside the fixture has the rule.
  std::string request(std::size_t k) const {
    ordered_json body = head_;
    body["messages"] = std::vector<ordered_json>(messages_.begin(),
                                                 messages_.begin() + static_cast<long>(2 * k - 1));
    int marked = 0;
    for (auto message = body["messages"].rbegin(); message != body["messages"].rend() && marked < 2;
         ++message) {
      if ((*message)["role"] != "user") continue;
      ordered_json& content = (*message)["content"];
      if (content.is_string()) content = {{{"type", "text"}, {"text", content}}};
      content.back()["cache_control"] = {{"type", "ephemeral"}};
      ++marked;
    }
    return body.dump();
  }

  std::size_t turns() const { return (messages_.size() + 1) / 2; }

  ordered_json head_;
  std::vector<ordered_json> messages_;
};

TEST_F(AgentConversation, IsOneConversationInWhichTextsStayWhatTheyWere) {
  ASSERT_GE(turns(), 44U);
  std::string seed;
  std::vector<EditableText> before;
  for (std::size_t k = 1; k <= turns(); ++k) {
    const std::string body = request(k);
    const Result<ParsedRequest> parsed =
        parse_request(Api::kAnthropicMessages, "/v1/messages", body);
    ASSERT_TRUE(parsed) << k << ": " << parsed.error().detail;
    if (k == 1) seed = parsed->conversation_seed;
    EXPECT_EQ(parsed->conversation_seed, seed) << k;
    ASSERT_GT(parsed->texts.size(), before.size());
    // The head stands before or after the messages; both times in the same order.
    for (std::size_t i = 0; i < before.size(); ++i) {
      EXPECT_EQ(parsed->texts[i].text, before[i].text) << k;
      EXPECT_EQ(parsed->texts[i].query, before[i].query) << k;
      EXPECT_EQ(parsed->texts[i].kind, before[i].kind) << k;
      EXPECT_EQ(parsed->texts[i].turn, before[i].turn) << k;
      EXPECT_FALSE(parsed->texts[i].last_turn) << k;
    }
    EXPECT_TRUE(parsed->texts.back().last_turn);
    EXPECT_EQ(parsed->texts.back().turn, 2 * k - 2);
    before = parsed->texts;
  }
}

TEST_F(AgentConversation, EveryToolResultKnowsItsCall) {
  const std::string body = request(turns());
  const Result<ParsedRequest> parsed = parse_request(Api::kAnthropicMessages, "/v1/messages", body);
  ASSERT_TRUE(parsed);
  int results = 0;
  std::map<std::string, int> seen;
  for (const EditableText& text : parsed->texts) {
    if (text.kind != SegmentKind::kToolResult) continue;
    ++results;
    ++seen[text.text];
    EXPECT_FALSE(text.tool.empty());
    EXPECT_EQ(text.query.front(), '{');
    EXPECT_NE(text.query.find('\n'), std::string::npos);
    EXPECT_EQ(text.query.find("system-reminder"), std::string::npos);
  }
  EXPECT_GE(results, 38);
  EXPECT_LT(seen.size(), static_cast<std::size_t>(results)) << "some text is used twice";
}

}  // namespace
}  // namespace pith
