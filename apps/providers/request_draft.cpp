#include "apps/providers/request_draft.h"

#include <algorithm>

#include "apps/providers/json_string.h"

namespace pith {
namespace {

constexpr std::size_t kQueryBytesMax = 2000;

std::string text_or_raw(JsonValue value) {
  if (!value.exists()) return {};
  return value.is_string() ? value.decoded() : std::string(value.raw());
}

}  // namespace

Speaker speaker_of(JsonValue role) {
  if (role.equals("user")) return Speaker::kUser;
  if (role.equals("assistant") || role.equals("model")) return Speaker::kAssistant;
  if (role.equals("tool") || role.equals("function")) return Speaker::kTool;
  if (role.equals("system") || role.equals("developer")) return Speaker::kSystem;
  return Speaker::kOther;
}

SegmentKind kind_of(Speaker speaker) {
  switch (speaker) {
    case Speaker::kSystem:
      return SegmentKind::kSystem;
    case Speaker::kAssistant:
      return SegmentKind::kAssistant;
    case Speaker::kTool:
      return SegmentKind::kToolResult;
    default:
      return SegmentKind::kUserText;
  }
}

Turns::Turns(const std::vector<Speaker>& speakers) {
  const auto is_assistant = [](Speaker speaker) { return speaker == Speaker::kAssistant; };
  prefill_begin_ = speakers.size();
  while (prefill_begin_ > 0 && is_assistant(speakers[prefill_begin_ - 1])) --prefill_begin_;
  last_turn_begin_ = prefill_begin_;
  while (last_turn_begin_ > 0 && !is_assistant(speakers[last_turn_begin_ - 1])) --last_turn_begin_;
}

void RequestDraft::read_head(JsonValue root, bool stream_default) {
  request_.model = root["model"].decoded();
  const JsonValue stream = root["stream"];
  request_.stream = stream.exists() ? stream.is(JsonType::kTrue) : stream_default;
}

void RequestDraft::begin_message(Speaker speaker, std::size_t message, const Turns& turns) {
  end_message();
  speaker_ = speaker;
  place_.turn = static_cast<std::uint32_t>(message);
  place_.prefill = turns.is_prefill(message);
  place_.last_turn =
      turns.in_last_turn(message) && (speaker == Speaker::kUser || speaker == Speaker::kTool);
  if (speaker == Speaker::kUser && first_user_ == FirstUser::kAwaited)
    first_user_ = FirstUser::kAtHand;
}

void RequestDraft::begin_single(Speaker speaker) { begin_message(speaker, 0, Turns({speaker})); }

void RequestDraft::end_message() {
  if (first_user_ == FirstUser::kAtHand) first_user_ = FirstUser::kPassed;
  if (!turn_text_.empty()) user_text_ = std::move(turn_text_);
  turn_text_.clear();
}

void RequestDraft::said(JsonValue text) {
  if (text.is_string() && (speaker_ == Speaker::kUser || speaker_ == Speaker::kSystem))
    said(text.decoded());
}

void RequestDraft::said(std::string_view text) {
  // System text that comes later is no part of how the conversation began.
  if (speaker_ == Speaker::kSystem && first_user_ == FirstUser::kAwaited) seed_system_ += text;
  if (speaker_ != Speaker::kUser) return;
  if (first_user_ == FirstUser::kAtHand) seed_user_ += text;
  // Reminders are put in by the client's program: they say nothing of what the user looks for.
  if (!text.starts_with("<system-reminder>") && turn_text_.size() < kQueryBytesMax) {
    turn_text_ += text.substr(0, character_prefix(text, kQueryBytesMax));
  }
}

void RequestDraft::editable(JsonValue text, SegmentKind kind) {
  if (!text.is_string() || text.raw().empty()) return;
  EditableText& added = request_.texts.emplace_back(place_);
  added.raw = text.span();
  added.text = text.decoded();
  added.kind = kind;
}

void RequestDraft::text(JsonValue text) {
  said(text);
  editable(text, kind_of(speaker_));
}

void RequestDraft::call(const std::string& id, JsonValue tool, JsonValue arguments) {
  calls_[id] = {tool.decoded(), arguments};
}

void RequestDraft::tool_result(JsonValue text, const std::string& id, std::string_view tool,
                               SegmentKind kind) {
  if (!text.is_string() || text.raw().empty()) return;
  const auto found = calls_.find(id);
  const Call* call = found == calls_.end() ? nullptr : &found->second;
  editable(text, kind);
  request_.texts.back().query = query_for(call);
  request_.texts.back().tool = call != nullptr ? call->tool : std::string(tool);
}

std::string RequestDraft::query_for(const Call* call) const {
  std::string query = call == nullptr ? std::string() : text_or_raw(call->arguments);
  if (query.empty() || user_text_.empty()) {
    query += user_text_;
  } else {
    // A call may carry a whole file: leave half of the room to the user's words.
    const std::size_t user_bytes = std::min(user_text_.size() + 1, kQueryBytesMax / 2);
    query.resize(character_prefix(query, kQueryBytesMax - user_bytes));
    query += '\n';
    query += user_text_;
  }
  query.resize(character_prefix(query, kQueryBytesMax));
  return query;
}

ParsedRequest RequestDraft::finish() && {
  std::sort(request_.texts.begin(), request_.texts.end(),
            [](const EditableText& a, const EditableText& b) { return a.raw.begin < b.raw.begin; });
  request_.conversation_seed = seed_system_ + '\0' + seed_user_;
  return std::move(request_);
}

}  // namespace pith
