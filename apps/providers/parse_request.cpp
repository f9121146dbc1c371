#include "apps/providers/adapters.h"
#include "apps/providers/api_path.h"
#include "apps/providers/provider.h"

namespace pith {
namespace {

Result<Done> read(Api api, JsonValue root, RequestDraft& draft) {
  switch (api) {
    case Api::kOpenAiChat:
      return read_openai_chat(root, draft);
    case Api::kOpenAiCompletions:
      return read_openai_completions(root, draft);
    case Api::kOpenAiResponses:
      return read_openai_responses(root, draft);
    case Api::kAnthropicMessages:
    case Api::kAnthropicCountTokens:
      return read_anthropic(root, draft);
    case Api::kOllamaChat:
      return read_ollama_chat(root, draft);
    case Api::kOllamaGenerate:
      return read_ollama_generate(root, draft);
    case Api::kGeminiGenerate:
    case Api::kGeminiCountTokens:
      return read_gemini(root, draft);
    case Api::kNone:
      break;
  }
  return {ErrorCode::kNotEditable, "no API that is edited"};
}

}  // namespace

Result<ParsedRequest> parse_request(Api api, std::string_view target, std::string_view body) {
  const Result<JsonTree> tree = JsonTree::parse(body);
  if (!tree) return tree.error();
  if (tree->root().has_duplicate_keys())
    return {ErrorCode::kNotEditable, "duplicate keys in the request"};
  RequestDraft draft(api);
  if (const Result<Done> done = read(api, tree->root(), draft); !done) return done.error();
  const ApiPath path(target);
  if (!draft.has_model()) draft.set_model(path.model());
  if (api == Api::kGeminiGenerate) draft.set_stream(path.ends_with(":streamGenerateContent"));
  return std::move(draft).finish();
}

}  // namespace pith
