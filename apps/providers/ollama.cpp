// POST /api/chat and /api/generate; both stream unless told otherwise.
#include "apps/providers/adapters.h"
#include "apps/providers/infill.h"

namespace pith {
namespace {

// Ollama's calls may come without ids: answers follow them by name, else in their order.
class CallOrder {
 public:
  void note(JsonValue message, RequestDraft& draft) {
    if (message["tool_calls"].exists()) ++round_, answered_ = 0;
    std::size_t n = 0;
    for (JsonValue call : message["tool_calls"].items()) {
      const JsonValue function = call["function"];
      const JsonValue name = function["name"];
      const JsonValue arguments = function["arguments"];
      if (call["id"].is_string()) draft.call("id:" + call["id"].decoded(), name, arguments);
      draft.call("name:" + name.decoded(), name, arguments);
      draft.call(ordered(n++), name, arguments);
    }
  }

  std::string answered_by(JsonValue message) {
    const std::string nth = ordered(answered_++);
    if (message["tool_call_id"].is_string()) return "id:" + message["tool_call_id"].decoded();
    if (message["tool_name"].is_string()) return "name:" + message["tool_name"].decoded();
    return nth;
  }

 private:
  std::string ordered(std::size_t n) const {
    return "nth:" + std::to_string(round_) + ":" + std::to_string(n);
  }

  std::size_t round_ = 0;
  std::size_t answered_ = 0;
};

}  // namespace

Result<Done> read_ollama_chat(JsonValue root, RequestDraft& draft) {
  draft.read_head(root, /*stream_default=*/true);
  std::vector<Speaker> speakers;
  for (JsonValue message : root["messages"].items())
    speakers.push_back(speaker_of(message["role"]));
  const Turns turns(speakers);
  CallOrder calls;
  std::size_t index = 0;
  for (JsonValue message : root["messages"].items()) {
    const Speaker speaker = speakers[index];
    draft.begin_message(speaker, index++, turns);
    if (speaker == Speaker::kOther) continue;
    if (speaker == Speaker::kAssistant) calls.note(message, draft);
    if (speaker == Speaker::kTool) {
      draft.tool_result(message["content"], calls.answered_by(message),
                        message["tool_name"].decoded());
    } else {
      draft.text(message["content"]);
    }
  }
  return Done{};
}

Result<Done> read_ollama_generate(JsonValue root, RequestDraft& draft) {
  draft.read_head(root, /*stream_default=*/true);
  if (root["raw"].is_set())
    return {ErrorCode::kNotEditable, "raw prompt: it carries the model's template"};
  const JsonValue suffix = root["suffix"];
  if (suffix.is_set() && !suffix.equals(""))
    return {ErrorCode::kNotEditable, "fill-in-the-middle: suffix"};
  if (has_infill_token(root["prompt"]))
    return {ErrorCode::kNotEditable, "fill-in-the-middle: tokens in the prompt"};
  draft.begin_single(Speaker::kSystem);
  draft.text(root["system"]);
  draft.begin_single(Speaker::kUser);
  draft.text(root["prompt"]);
  return Done{};
}

}  // namespace pith
