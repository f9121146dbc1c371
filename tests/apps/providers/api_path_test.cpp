#include "apps/providers/api_path.h"

#include <gtest/gtest.h>

namespace pith {
namespace {

Api post(std::string_view target) { return detect_api("POST", target, "application/json"); }

TEST(DetectApi, KnowsThePathsOfEachApi) {
  const std::pair<std::string_view, Api> cases[] = {
      {"/v1/chat/completions", Api::kOpenAiChat},
      {"/chat/completions", Api::kOpenAiChat},
      {"/openai/v1/chat/completions?x=/v1/messages", Api::kOpenAiChat},
      {"/api/paas/v4/chat/completions", Api::kOpenAiChat},
      {"/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21", Api::kOpenAiChat},
      {"http://127.0.0.1:8080/v1/chat/completions", Api::kOpenAiChat},
      {"/v1beta/openai/chat/completions", Api::kOpenAiChat},
      {"/v1/completions", Api::kOpenAiCompletions},
      {"/completions", Api::kOpenAiCompletions},
      {"/openai/deployments/my-gpt/completions?api-version=2024-10-21", Api::kOpenAiCompletions},
      {"/v1/responses", Api::kOpenAiResponses},
      {"/openai/responses?api-version=preview", Api::kOpenAiResponses},
      {"/v1/responses/input_tokens", Api::kOpenAiResponses},
      {"/v1/responses/compact", Api::kOpenAiResponses},
      {"/v1/messages", Api::kAnthropicMessages},
      {"/v1/messages?beta=true", Api::kAnthropicMessages},
      {"/anthropic/v1/messages", Api::kAnthropicMessages},
      {"/v1/messages/count_tokens?beta=true", Api::kAnthropicCountTokens},
      {"/api/chat", Api::kOllamaChat},
      {"/local/api/chat", Api::kOllamaChat},
      {"/api/generate", Api::kOllamaGenerate},
      {"/v1beta/models/gemini-2.5-pro:generateContent?key=secret", Api::kGeminiGenerate},
      {"/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", Api::kGeminiGenerate},
      {"/v1beta/models/gemini-2.5-pro:countTokens", Api::kGeminiCountTokens},
      {"/v1beta/models%2Fgemini-2.5-pro:generateContent", Api::kGeminiGenerate},
      {"/v1/projects/p/locations/us/publishers/google/models/gemini-2.5-pro:streamGenerateContent",
       Api::kGeminiGenerate},
  };
  for (const auto& [target, api] : cases) EXPECT_EQ(post(target), api) << target;
}

TEST(DetectApi, LeavesEverythingElseAlone) {
  for (const std::string_view target : {"/",
                                        "",
                                        "*",
                                        "/v1/models",
                                        "/v1/embeddings",
                                        "/v1/moderations",
                                        "/v1/chat/completions/abc",
                                        "/v1/fim/completions",
                                        "/v1/completionsx",
                                        "/v1/responses/resp_1",
                                        "/v1/responses/resp_1/cancel",
                                        "/v1/messages/batches",
                                        "/v1/threads/t/messages",
                                        "/v1/complete",
                                        "/api/embed",
                                        "/api/embeddings",
                                        "/api/tags",
                                        "/api/pull",
                                        "/api/chatx",
                                        "/v1beta/models/gemini:embedContent",
                                        "/v1beta/models/gemini:batchEmbedContents",
                                        "/v1beta/cachedContents",
                                        "/v1beta/models/x",
                                        "/x?/v1/messages",
                                        "/v1/realtime",
                                        "/v1/audio/speech"}) {
    EXPECT_EQ(post(target), Api::kNone) << target;
  }
}

TEST(DetectApi, WantsAPostOfJson) {
  const std::string_view path = "/v1/messages";
  for (const std::string_view method : {"GET", "PUT", "DELETE", "HEAD", "post", "OPTIONS"}) {
    EXPECT_EQ(detect_api(method, path, "application/json"), Api::kNone) << method;
  }
  for (const std::string_view type :
       {"application/json", "Application/JSON", "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"", " application/json ; x=y"}) {
    EXPECT_EQ(detect_api("POST", path, type), Api::kAnthropicMessages) << type;
  }
  for (const std::string_view type :
       {"", "text/plain", "multipart/form-data", "application/jsonl", "application/x-ndjson",
        "application/json; charset=utf-16", "application/json; charset=latin1",
        "text/plain; a=application/json"}) {
    EXPECT_EQ(detect_api("POST", path, type), Api::kNone) << type;
  }
}

TEST(ApiPath, NamesTheModelOfGeminiAndAzure) {
  EXPECT_EQ(ApiPath("/v1beta/models/gemini-2.5-pro:generateContent?key=k").model(),
            "gemini-2.5-pro");
  EXPECT_EQ(ApiPath("/v1beta/models%2Fgemini-2.5-pro:countTokens").model(), "gemini-2.5-pro");
  EXPECT_EQ(
      ApiPath("/v1/projects/p/locations/l/publishers/google/models/g:generateContent").model(),
      "g");
  EXPECT_EQ(ApiPath("/openai/deployments/my%20gpt/chat/completions?api-version=1").model(),
            "my gpt");
  EXPECT_EQ(ApiPath("/v1/chat/completions").model(), "");
  EXPECT_EQ(ApiPath("/v1/%4").model(), "");
}

TEST(ErrorFamily, FollowsThePath) {
  const std::pair<std::string_view, ErrorFamily> cases[] = {
      {"/v1/chat/completions", ErrorFamily::kOpenAi},
      {"/v1/models", ErrorFamily::kOpenAi},
      {"/v1/threads/t/messages", ErrorFamily::kOpenAi},
      {"/nowhere", ErrorFamily::kOpenAi},
      {"/v1/messages?beta=true", ErrorFamily::kAnthropic},
      {"/v1/messages/batches/b/results", ErrorFamily::kAnthropic},
      {"/v1/complete", ErrorFamily::kAnthropic},
      {"/api/chat", ErrorFamily::kOllama},
      {"/api/tags", ErrorFamily::kOllama},
      {"/api/blobs/sha256:00", ErrorFamily::kOllama},
      {"/v1beta/models", ErrorFamily::kGemini},
      {"/v1beta/cachedContents/c", ErrorFamily::kGemini},
      {"/v1/projects/p/models/x:generateContent", ErrorFamily::kGemini},
  };
  for (const auto& [target, family] : cases) EXPECT_EQ(error_family(target), family) << target;
}

}  // namespace
}  // namespace pith
