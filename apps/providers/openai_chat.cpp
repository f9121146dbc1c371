// POST /v1/chat/completions
#include "apps/providers/adapters.h"

namespace pith {
namespace {

// `content` as a string, or the `text` of its parts of type "text". Images, audio, files and
// refusals stay.
template <class Each>
void each_text(JsonValue content, Each each) {
  if (content.is_string()) each(content);
  for (JsonValue part : content.items()) {
    if (part["type"].equals("text")) each(part["text"]);
  }
}

void note_calls(JsonValue message, RequestDraft& draft) {
  for (JsonValue call : message["tool_calls"].items()) {
    const JsonValue function = call["function"];
    const JsonValue custom = call["custom"];
    const std::string id = call["id"].decoded();
    if (function.exists()) draft.call(id, function["name"], function["arguments"]);
    if (custom.exists()) draft.call(id, custom["name"], custom["input"]);
  }
  // The older form has no ids: the answer names the function.
  if (const JsonValue call = message["function_call"]; call.is_object()) {
    draft.call("function:" + call["name"].decoded(), call["name"], call["arguments"]);
  }
}

}  // namespace

Result<Done> read_openai_chat(JsonValue root, RequestDraft& draft) {
  draft.read_head(root);
  std::vector<Speaker> speakers;
  for (JsonValue message : root["messages"].items())
    speakers.push_back(speaker_of(message["role"]));
  const Turns turns(speakers);
  std::size_t index = 0;
  for (JsonValue message : root["messages"].items()) {
    const Speaker speaker = speakers[index];
    draft.begin_message(speaker, index++, turns);
    if (speaker == Speaker::kOther) continue;
    if (speaker == Speaker::kAssistant) note_calls(message, draft);
    if (speaker == Speaker::kTool) {
      const std::string name = message["name"].decoded();
      const std::string id = message["role"].equals("function") ? "function:" + name
                                                                : message["tool_call_id"].decoded();
      each_text(message["content"], [&](JsonValue text) { draft.tool_result(text, id, name); });
    } else {
      each_text(message["content"], [&](JsonValue text) { draft.text(text); });
    }
  }
  return Done{};
}

}  // namespace pith
