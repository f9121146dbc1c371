// One function per API: reports to the draft which texts of a request may change (PROTOCOLS.md
// section 2).
#pragma once

#include <string_view>

#include "apps/providers/json_tree.h"
#include "apps/providers/request_draft.h"

namespace pith {

// All take the root of the body. What they do not know they leave alone.
// Errors: kNotEditable when a field says that the texts must stay as they are.

Result<Done> read_openai_chat(JsonValue root, RequestDraft& draft);
Result<Done> read_openai_completions(JsonValue root, RequestDraft& draft);
Result<Done> read_openai_responses(JsonValue root, RequestDraft& draft);
Result<Done> read_anthropic(JsonValue root, RequestDraft& draft);
Result<Done> read_ollama_chat(JsonValue root, RequestDraft& draft);
Result<Done> read_ollama_generate(JsonValue root, RequestDraft& draft);
/// Also for countTokens, whose fields may stand in `generateContentRequest`. The model comes from
/// the path.
Result<Done> read_gemini(JsonValue root, RequestDraft& draft);

}  // namespace pith
