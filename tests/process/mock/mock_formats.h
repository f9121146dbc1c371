// The providers' response formats, one function each.
#pragma once

#include <string>
#include <vector>

#include "tests/process/mock/mock_answers.h"

namespace pith::mock {

/// What an answer says, before it is put into a format.
struct Saying {
  std::vector<std::string> pieces;  ///< Of the text, one per streamed event.
  std::string model;
  std::size_t input_tokens = 0, output_tokens = 0;
  bool usage_chunk = false;  ///< OpenAI: stream_options.include_usage.
  bool break_off = false;    ///< The stream ends in an error event.
  std::string text() const;
};

MockAnswer openai_chat(const Saying& saying, bool stream);
MockAnswer openai_completions(const Saying& saying, bool stream);
MockAnswer openai_responses(const Saying& saying, bool stream);
MockAnswer anthropic_messages(const Saying& saying, bool stream);
MockAnswer ollama_chat(const Saying& saying, bool stream);
MockAnswer ollama_generate(const Saying& saying, bool stream);
MockAnswer gemini_generate(const Saying& saying, bool stream, bool sse);

}  // namespace pith::mock
