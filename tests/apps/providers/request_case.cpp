#include "tests/apps/providers/request_case.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace pith {

std::string read_fixture(std::string_view file) {
  std::ifstream in(std::string(PITH_TEST_DATA "/providers/") + std::string(file), std::ios::binary);
  EXPECT_TRUE(in) << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string_view usual_target(Api api) {
  switch (api) {
    case Api::kOpenAiChat:
      return "/v1/chat/completions";
    case Api::kOpenAiCompletions:
      return "/v1/completions";
    case Api::kOpenAiResponses:
      return "/v1/responses";
    case Api::kAnthropicMessages:
      return "/v1/messages?beta=true";
    case Api::kAnthropicCountTokens:
      return "/v1/messages/count_tokens";
    case Api::kOllamaChat:
      return "/api/chat";
    case Api::kOllamaGenerate:
      return "/api/generate";
    case Api::kGeminiGenerate:
      return "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse&key=k";
    case Api::kGeminiCountTokens:
      return "/v1beta/models/gemini-2.5-flash:countTokens";
    case Api::kNone:
      break;
  }
  return "/";
}

const std::vector<RequestCase>& request_cases() {
  static constexpr std::string_view kAnthropicAgent =
      "/system/1/text system #0\n"
      "/messages/0/content user #0\n"
      "/messages/1/content/2/text assistant #1\n"
      "/messages/1/content/7/text assistant #1\n"
      "/messages/2/content/0/content tool #2\n"
      "/messages/2/content/1/content/0/text tool #2\n"
      "/messages/2/content/1/content/2/content/0/text document #2\n"
      "/messages/2/content/3/text user #2\n"
      "/messages/3/content assistant #3\n"
      "/messages/4/content system #4\n"
      "/messages/5/content/0/source/data document last #5\n"
      "/messages/5/content/0/context document last #5\n"
      "/messages/5/content/1/source/content/0/text document last #5\n"
      "/messages/5/content/1/source/content/2/text document last #5\n"
      "/messages/5/content/2/source/content document last #5\n"
      "/messages/5/content/7/content/0/text document last #5\n"
      "/messages/5/content/14/text user last #5\n";
  static const std::vector<RequestCase> cases = {
      {"openai_chat_agent.json", Api::kOpenAiChat,
       "/messages/0/content system #0\n"
       "/messages/1/content/0/text system #1\n"
       "/messages/2/content/0/text user #2\n"
       "/messages/2/content/4/text user #2\n"
       "/messages/4/content tool #4\n"
       "/messages/5/content/0/text tool #5\n"
       "/messages/5/content/1/text tool #5\n"
       "/messages/6/content/0/text assistant #6\n"
       "/messages/14/content user last #14\n"},
      {"openai_chat_prefill.json", Api::kOpenAiChat,
       "/messages/0/content user #0\n"
       "/messages/2/content tool last #2\n"
       "/messages/3/content assistant prefill #3\n"},
      {"openai_chat_duplicates.json", Api::kOpenAiChat,
       "/messages/1/content user #1\n"
       "/messages/2/content/1/text user #2\n"
       "/messages/3/content user #3\n"
       "/messages/4/content assistant #4\n"
       "/messages/5/content user last #5\n"},
      {"openai_chat_minimal.json", Api::kOpenAiChat, "/messages/0/content user last #0\n"},
      {"openai_completions.json", Api::kOpenAiCompletions, "/prompt user last #0\n"},
      {"openai_completions_list.json", Api::kOpenAiCompletions,
       "/prompt/0 user last #0\n"
       "/prompt/2 user last #2\n"},
      {"openai_completions_tokens.json", Api::kOpenAiCompletions, ""},
      {"openai_completions_token_lists.json", Api::kOpenAiCompletions, ""},
      {"openai_completions_mixed.json", Api::kOpenAiCompletions, ""},
      {"openai_responses_agent.json", Api::kOpenAiResponses,
       "/instructions system #0\n"
       "/input/0/content system #0\n"
       "/input/1/content/0/text user #1\n"
       "/input/3/content/0/text assistant #3\n"
       "/input/6/output tool #6\n"
       "/input/7/output/0/text tool #7\n"
       "/input/17/content user last #17\n"},
      {"openai_responses_string.json", Api::kOpenAiResponses,
       "/input user last #0\n"
       "/instructions system #0\n"},
      {"anthropic_agent.json", Api::kAnthropicMessages, kAnthropicAgent},
      {"anthropic_agent.json", Api::kAnthropicCountTokens, kAnthropicAgent},
      {"anthropic_prefill.json", Api::kAnthropicMessages,
       "/messages/0/content user last #0\n"
       "/messages/1/content/0/text assistant prefill #1\n"},
      {"ollama_chat.json", Api::kOllamaChat,
       "/messages/0/content system #0\n"
       "/messages/1/content user #1\n"
       "/messages/3/content tool #3\n"
       "/messages/4/content tool #4\n"
       "/messages/5/content assistant #5\n"
       "/messages/6/content user last #6\n"},
      {"ollama_generate.json", Api::kOllamaGenerate,
       "/prompt user last #0\n"
       "/system system #0\n"},
      {"gemini_agent.json", Api::kGeminiGenerate,
       "/system_instruction/parts/0/text system #0\n"
       "/contents/0/parts/0/text user #0\n"
       "/contents/1/parts/3/text assistant #1\n"
       "/contents/3/parts/0/text assistant #3\n"
       "/contents/4/parts/0/text user last #4\n"},
      {"gemini_agent.json", Api::kGeminiCountTokens,
       "/system_instruction/parts/0/text system #0\n"
       "/contents/0/parts/0/text user #0\n"
       "/contents/1/parts/3/text assistant #1\n"
       "/contents/3/parts/0/text assistant #3\n"
       "/contents/4/parts/0/text user last #4\n"},
      {"gemini_count.json", Api::kGeminiCountTokens,
       "/generateContentRequest/contents/0/parts/0/text user last #0\n"
       "/generateContentRequest/systemInstruction/parts/0/text system #0\n"},
      {"gemini_count.json", Api::kGeminiGenerate, ""},
  };
  return cases;
}

}  // namespace pith
