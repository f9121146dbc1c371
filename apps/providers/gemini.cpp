// POST .../models/MODEL:generateContent, :streamGenerateContent and :countTokens, Google AI and
// Vertex AI
#include <algorithm>
#include <array>

#include "apps/providers/adapters.h"

namespace pith {
namespace {

// A part is left alone when it holds any of these, in either spelling: thoughts are signed, and the
// rest is no text.
bool is_plain_text(JsonValue part) {
  static constexpr std::array<std::string_view, 15> kOther = {
      "thought",           "thoughtSignature",    "thought_signature",
      "functionCall",      "function_call",       "functionResponse",
      "function_response", "inlineData",          "inline_data",
      "fileData",          "file_data",           "executableCode",
      "executable_code",   "codeExecutionResult", "code_execution_result"};
  return std::none_of(kOther.begin(), kOther.end(),
                      [&](std::string_view key) { return part[key].is_set(); });
}

void read_parts(JsonValue content, RequestDraft& draft) {
  for (JsonValue part : content["parts"].items()) {
    if (is_plain_text(part)) draft.text(part["text"]);
  }
}

// The REST API takes both spellings of a field.
JsonValue either(JsonValue object, std::string_view camel, std::string_view snake) {
  const JsonValue value = object[camel];
  return value.exists() ? value : object[snake];
}

Speaker content_speaker(JsonValue content) {
  return content["role"].exists() ? speaker_of(content["role"]) : Speaker::kUser;
}

Result<Done> read_request(JsonValue request, RequestDraft& draft) {
  if (request["systemInstruction"].exists() && request["system_instruction"].exists()) {
    return {ErrorCode::kNotEditable, "system instruction in both spellings"};
  }
  draft.begin_single(Speaker::kSystem);
  read_parts(either(request, "systemInstruction", "system_instruction"), draft);

  std::vector<Speaker> speakers;
  for (JsonValue content : request["contents"].items())
    speakers.push_back(content_speaker(content));
  const Turns turns(speakers);
  std::size_t index = 0;
  for (JsonValue content : request["contents"].items()) {
    const Speaker speaker = speakers[index];
    draft.begin_message(speaker, index++, turns);
    if (speaker != Speaker::kOther) read_parts(content, draft);
  }
  return Done{};
}

}  // namespace

Result<Done> read_gemini(JsonValue root, RequestDraft& draft) {
  if (draft.api() == Api::kGeminiCountTokens) {
    const JsonValue wrapped = either(root, "generateContentRequest", "generate_content_request");
    if (wrapped.is_set()) return read_request(wrapped, draft);
  }
  return read_request(root, draft);
}

}  // namespace pith
