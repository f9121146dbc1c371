// What the adapters fill in while they walk a request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "apps/providers/json_tree.h"
#include "apps/providers/provider.h"

namespace pith {

/// Who speaks in a message. kOther: a role or item that Pith does not know; nothing of it is read
/// or changed.
enum class Speaker : std::uint8_t { kSystem, kUser, kAssistant, kTool, kOther };

/// "system", "developer", "user", "assistant", "model", "tool", "function"; anything else is
/// kOther.
Speaker speaker_of(JsonValue role);
SegmentKind kind_of(Speaker speaker);

/// Which messages are new to the model, and which are a prefill.
class Turns {
 public:
  explicit Turns(const std::vector<Speaker>& speakers);
  /// After the last assistant message that is no prefill.
  bool in_last_turn(std::size_t message) const { return message >= last_turn_begin_; }
  /// In the run of assistant messages that ends the list.
  bool is_prefill(std::size_t message) const { return message >= prefill_begin_; }

 private:
  std::size_t last_turn_begin_ = 0;
  std::size_t prefill_begin_ = 0;
};

/// Collects the texts of one request, the seed of its conversation, and the calls that tool results
/// answer. Adapters announce each message, in order, before they report what it holds.
class RequestDraft {
 public:
  explicit RequestDraft(Api api) { request_.api = api; }
  Api api() const { return request_.api; }

  /// The fields that all APIs with the model in the body share. `stream_default` counts where the
  /// field is absent.
  void read_head(JsonValue root, bool stream_default = false);
  void set_model(std::string model) { request_.model = std::move(model); }
  void set_stream(bool stream) { request_.stream = stream; }
  bool has_model() const { return !request_.model.empty(); }

  /// What follows stands in message `message` of a list.
  void begin_message(Speaker speaker, std::size_t message, const Turns& turns);
  /// What follows stands outside any list: system text, or the one prompt of a request.
  void begin_single(Speaker speaker);

  /// A text that is read for the seed and for queries, whether or not it may change.
  void said(JsonValue text);
  void said(std::string_view text);
  /// A text that may change. Nothing happens when it is no string or empty.
  void editable(JsonValue text, SegmentKind kind);
  /// Both, with the kind of the speaker: the usual case.
  void text(JsonValue text);

  /// A tool call: `arguments` is a string, or any JSON. A later call of the same id replaces it.
  void call(const std::string& id, JsonValue tool, JsonValue arguments);
  /// An editable text of the answer to call `id`; `tool` names it when the call is not known.
  void tool_result(JsonValue text, const std::string& id, std::string_view tool = {},
                   SegmentKind kind = SegmentKind::kToolResult);

  /// Sorts the texts as they stand in the body, and hands the request over.
  ParsedRequest finish() &&;

 private:
  struct Call {
    std::string tool;
    JsonValue arguments;
  };
  void end_message();
  std::string query_for(const Call* call) const;

  ParsedRequest request_;
  Speaker speaker_ = Speaker::kOther;
  EditableText place_;  // turn, last_turn and prefill of the message at hand
  std::unordered_map<std::string, Call> calls_;
  std::string turn_text_;  // what the user says in the message at hand
  std::string user_text_;  // the newest earlier user turn that says something
  std::string seed_system_;
  std::string seed_user_;
  enum class FirstUser : std::uint8_t {
    kAwaited,
    kAtHand,
    kPassed
  } first_user_ = FirstUser::kAwaited;
};

}  // namespace pith
