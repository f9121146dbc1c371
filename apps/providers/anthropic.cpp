// POST /v1/messages and /v1/messages/count_tokens
#include <utility>

#include "apps/providers/adapters.h"

namespace pith {
namespace {

constexpr std::string_view kBillingMark = "x-anthropic-billing-header";
constexpr std::size_t kBillingBytesMax = 1024;

// `citations` of a text block: answers quote it. An empty list or null cites nothing.
bool has_citations(JsonValue block) {
  const JsonValue citations = block["citations"];
  if (!citations.is_array()) return citations.is_set();
  return citations.items().begin() != citations.items().end();
}

// `citations` of a document or search result: answers give offsets into it.
bool citations_enabled(JsonValue block) {
  const JsonValue citations = block["citations"];
  return citations.exists() && (citations["enabled"].is_set() || citations.has_duplicate_keys());
}

template <class Each>
void each_text_block(JsonValue content, Each each) {
  for (JsonValue block : content.items()) {
    if (block["type"].equals("text") && !has_citations(block)) each(block["text"]);
  }
}

// Calls `each` with the texts of a document or a search result.
template <class Each>
void each_document_text(JsonValue block, Each each) {
  if (citations_enabled(block)) return;
  if (block["type"].equals("search_result")) return each_text_block(block["content"], each);
  const JsonValue source = block["source"];
  if (source["type"].equals("text")) each(source["data"]);
  if (source["type"].equals("content")) {
    if (source["content"].is_string()) each(source["content"]);
    each_text_block(source["content"], each);
  }
  each(block["context"]);
}

bool is_document(JsonValue block) {
  return block["type"].equals("document") || block["type"].equals("search_result");
}

void read_tool_result(JsonValue result, RequestDraft& draft) {
  const std::string id = result["tool_use_id"].decoded();
  const JsonValue content = result["content"];
  if (content.is_string()) draft.tool_result(content, id);
  each_text_block(content, [&](JsonValue text) { draft.tool_result(text, id); });
  for (JsonValue block : content.items()) {
    if (!is_document(block)) continue;
    each_document_text(
        block, [&](JsonValue text) { draft.tool_result(text, id, {}, SegmentKind::kDocument); });
  }
}

// Thinking, tool calls, server tools and their results, images and what is not known are no case
// here.
void read_block(JsonValue block, SegmentKind kind, RequestDraft& draft) {
  const JsonValue type = block["type"];
  if (type.equals("text")) {
    draft.said(block["text"]);
    if (!has_citations(block)) draft.editable(block["text"], kind);
  } else if (type.equals("tool_use")) {
    draft.call(block["id"].decoded(), block["name"], block["input"]);
  } else if (type.equals("tool_result")) {
    read_tool_result(block, draft);
  } else if (is_document(block)) {
    each_document_text(block,
                       [&](JsonValue text) { draft.editable(text, SegmentKind::kDocument); });
  }
}

// Some clients put a line on billing first, which changes from call to call.
void read_system(JsonValue system, RequestDraft& draft) {
  draft.begin_single(Speaker::kSystem);
  if (const std::string text = system.decoded(); text.starts_with(kBillingMark)) {
    const std::size_t line_end = text.find('\n');
    draft.said(std::string_view(text).substr(line_end < kBillingBytesMax ? line_end + 1 : 0));
  } else {
    draft.text(system);
  }
  bool first = true;
  for (JsonValue block : system.items()) {
    const bool may_be_billing = std::exchange(first, false) && block["text"].is_string() &&
                                block["text"].raw().size() < kBillingBytesMax;
    if (may_be_billing && block["text"].decoded().starts_with(kBillingMark)) continue;
    if (block["type"].equals("text")) read_block(block, SegmentKind::kSystem, draft);
  }
}

}  // namespace

Result<Done> read_anthropic(JsonValue root, RequestDraft& draft) {
  draft.read_head(root);
  read_system(root["system"], draft);

  std::vector<Speaker> speakers;
  for (JsonValue message : root["messages"].items())
    speakers.push_back(speaker_of(message["role"]));
  const Turns turns(speakers);
  std::size_t index = 0;
  for (JsonValue message : root["messages"].items()) {
    const Speaker speaker = speakers[index];
    draft.begin_message(speaker, index++, turns);
    if (speaker == Speaker::kOther || speaker == Speaker::kTool) continue;  // no such role here
    const JsonValue content = message["content"];
    if (content.is_string()) draft.text(content);
    for (JsonValue block : content.items()) read_block(block, kind_of(speaker), draft);
  }
  return Done{};
}

}  // namespace pith
