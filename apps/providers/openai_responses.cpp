// POST /v1/responses, /v1/responses/input_tokens, /v1/responses/compact
#include "apps/providers/adapters.h"

namespace pith {
namespace {

enum class ItemType : std::uint8_t { kMessage, kCall, kCallOutput, kOther };

// Everything else (reasoning, item_reference, compaction, mcp_*, shell and computer calls and their
// outputs) is kOther.
ItemType type_of(JsonValue item) {
  const JsonValue type = item["type"];
  if (type.equals("message")) return ItemType::kMessage;
  if (type.equals("function_call") || type.equals("custom_tool_call")) return ItemType::kCall;
  if (type.equals("function_call_output") || type.equals("custom_tool_call_output"))
    return ItemType::kCallOutput;
  return type.exists() || item["role"].exists() == false ? ItemType::kOther : ItemType::kMessage;
}

Speaker item_speaker(JsonValue item) {
  switch (type_of(item)) {
    case ItemType::kMessage:
      return speaker_of(item["role"]);
    case ItemType::kCallOutput:
      return Speaker::kTool;
    case ItemType::kCall:
      return Speaker::kAssistant;
    case ItemType::kOther:
      break;
  }
  // What the model wrote ends a user turn; outputs do not.
  const std::string type = item["type"].decoded();
  return type == "reasoning" || type.ends_with("_call") ? Speaker::kAssistant : Speaker::kOther;
}

bool is_cited(JsonValue part) {
  const auto annotations = part["annotations"].items();
  return annotations.begin() != annotations.end();  // they point into the text by character offsets
}

void read_message(JsonValue item, RequestDraft& draft) {
  const JsonValue content = item["content"];
  if (content.is_string()) draft.text(content);
  for (JsonValue part : content.items()) {
    if (!part["type"].equals("input_text") && !part["type"].equals("output_text")) continue;
    if (is_cited(part)) {
      draft.said(part["text"]);
    } else {
      draft.text(part["text"]);
    }
  }
}

void read_output(JsonValue item, RequestDraft& draft) {
  const std::string id = item["call_id"].decoded();
  const JsonValue output = item["output"];
  if (output.is_string()) draft.tool_result(output, id);
  for (JsonValue part : output.items()) {
    const JsonValue type = part["type"];
    if (type.equals("input_text") || type.equals("output_text") || type.equals("text")) {
      draft.tool_result(part["text"], id);
    }
  }
}

}  // namespace

Result<Done> read_openai_responses(JsonValue root, RequestDraft& draft) {
  draft.read_head(root);
  draft.begin_single(Speaker::kSystem);
  // With history on the server only new items are here: without its id, all such requests with the
  // same instructions would be one conversation.
  draft.said(root["previous_response_id"]);
  draft.said(root["conversation"]);
  draft.said(root["conversation"]["id"]);
  draft.text(root["instructions"]);

  const JsonValue input = root["input"];
  if (input.is_string()) {
    draft.begin_single(Speaker::kUser);
    draft.text(input);
  }
  std::vector<Speaker> speakers;
  for (JsonValue item : input.items()) speakers.push_back(item_speaker(item));
  const Turns turns(speakers);
  std::size_t index = 0;
  for (JsonValue item : input.items()) {
    const Speaker speaker = speakers[index];
    draft.begin_message(speaker, index++, turns);
    if (speaker == Speaker::kOther) continue;
    switch (type_of(item)) {
      case ItemType::kMessage:
        read_message(item, draft);
        break;
      case ItemType::kCallOutput:
        read_output(item, draft);
        break;
      case ItemType::kCall: {
        const JsonValue arguments = item["arguments"];
        draft.call(item["call_id"].decoded(), item["name"],
                   arguments.exists() ? arguments : item["input"]);
        break;
      }
      case ItemType::kOther:
        break;
    }
  }
  return Done{};
}

}  // namespace pith
