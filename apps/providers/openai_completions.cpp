// POST /v1/completions
#include <algorithm>

#include "apps/providers/adapters.h"
#include "apps/providers/infill.h"

namespace pith {

Result<Done> read_openai_completions(JsonValue root, RequestDraft& draft) {
  draft.read_head(root);
  if (root["suffix"].exists() && !root["suffix"].is(JsonType::kNull)) {
    return {ErrorCode::kNotEditable, "fill-in-the-middle: suffix"};
  }
  if (root["echo"].is_set())
    return {ErrorCode::kNotEditable, "echo: the answer repeats the prompt"};

  const JsonValue prompt = root["prompt"];
  std::vector<JsonValue> prompts;
  if (prompt.is_string()) prompts.push_back(prompt);
  for (JsonValue one : prompt.items()) prompts.push_back(one);
  // Token ids, alone or mixed in.
  if (!std::all_of(prompts.begin(), prompts.end(), [](JsonValue one) { return one.is_string(); }))
    return Done{};
  if (std::any_of(prompts.begin(), prompts.end(), has_infill_token)) {
    return {ErrorCode::kNotEditable, "fill-in-the-middle: tokens in the prompt"};
  }
  const Turns turns(std::vector<Speaker>(prompts.size(), Speaker::kUser));
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    draft.begin_message(Speaker::kUser, i, turns);
    draft.text(prompts[i]);
  }
  return Done{};
}

}  // namespace pith
