// What Pith knows of each LLM API: which strings of a request may change, and how errors look.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "messages/byte_span.h"
#include "messages/compress.h"
#include "messages/result.h"

namespace pith {

enum class Api : std::uint8_t {
  kNone = 0,  ///< Nothing Pith edits: relayed.
  kOpenAiChat = 1,
  kOpenAiCompletions = 2,
  kOpenAiResponses = 3,
  kAnthropicMessages = 4,
  kAnthropicCountTokens = 5,
  kOllamaChat = 6,
  kOllamaGenerate = 7,
  kGeminiGenerate = 8,
  kGeminiCountTokens = 9,
};
std::string_view to_string(Api api);  ///< "openai-chat", ... for logs and metrics.

/// By method, path (query ignored) and content type. POST only; any path prefix before the known
/// suffix.
/// `/v1/responses/input_tokens` and `/compact` count as kOpenAiResponses.
Api detect_api(std::string_view method, std::string_view target, std::string_view content_type);

/// API family of a path for error bodies, also for paths that are not edited; OpenAI's shape when
/// unknown.
enum class ErrorFamily : std::uint8_t { kOpenAi, kAnthropic, kOllama, kGemini };
ErrorFamily error_family(std::string_view target);
/// JSON body of an error made by Pith, e.g.
/// {"error":{"message":...,"type":...,"param":null,"code":...}}. `request_id` is written where the
/// family has a place for it.
std::string error_body(ErrorFamily family, unsigned status, std::string_view message,
                       std::string_view request_id = {});

/// One string value of the body that may be compressed.
struct EditableText {
  ByteSpan raw;      ///< In the body, between the quotes, still escaped.
  std::string text;  ///< Decoded.
  SegmentKind kind = SegmentKind::kUserText;
  std::uint32_t turn = 0;  ///< Index of its message in the request; 0 outside any list.
  bool last_turn =
      false;  ///< User or tool text after the last assistant message (a prefill not counted).
  bool prefill = false;  ///< Assistant text that ends the list: never edit.
  std::string query;     ///< Tool results: the call's arguments, newline, the user turn before it.
  std::string tool;      ///< Tool results: the tool's name when known.
};

struct ParsedRequest {
  Api api = Api::kNone;
  std::string model;
  bool stream = false;
  std::string conversation_seed;  ///< System text, NUL, first user message: original decoded bytes.
  std::vector<EditableText>
      texts;  ///< In body order; only allowed fields (PROTOCOLS.md section 2).
};

/// Finds the editable texts of a request body. Strict: the whole document is walked.
/// No padding is needed past the end of `body`. `target` names the model where the body does not.
/// A body with nothing to edit is no error: `texts` is empty. So is an object that has a key twice:
/// it is left alone with all inside it, unless it is the body itself. Errors: kNotEditable with the
/// reason (BOM, invalid JSON or UTF-8, lone surrogate, a duplicate key in the body's own object,
/// deeper than 512, fill-in-the-middle, raw prompt...): the body must be forwarded as it is.
Result<ParsedRequest> parse_request(Api api, std::string_view target, std::string_view body);

/// A new value for the string at `raw`.
struct BodyEdit {
  ByteSpan raw;
  std::string text;  ///< Decoded UTF-8; written with minimal escapes.
};
/// The body with edits spliced in; every byte outside the spans is unchanged. Edits sorted and
/// disjoint. An edit that says what already stands there changes nothing, not even its escapes; one
/// that is no valid UTF-8 is left out. Whether an empty or blank text may be sent is the caller's
/// to know (Anthropic refuses it).
std::string splice_body(std::string_view body, const std::vector<BodyEdit>& edits);

}  // namespace pith
