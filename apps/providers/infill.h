// Prompts that carry a model's own fill-in-the-middle tokens need every byte of their code.
#pragma once

#include "apps/providers/json_tree.h"

namespace pith {

/// Does the text hold one of the marks that code models use: <|fim_prefix|>, <fim_suffix>, <PRE>,
/// [SUFFIX] ...?
bool has_infill_token(JsonValue text);

}  // namespace pith
