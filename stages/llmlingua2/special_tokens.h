// The tokens that mean something to the model and nothing to the reader.
#pragma once

#include <set>
#include <string>

#include "messages/result.h"
#include "stages/llmlingua2/piece_style.h"

namespace pith {

using SpecialTokens = std::set<std::string, std::less<>>;

/// Of tokenizer_config.json, and of special_tokens_map.json where the first is of the kind that
/// leaves them to it; what neither names is the default of the model's kind. A null means that
/// there is none. Errors: kFileUnreadable.
Result<SpecialTokens> special_tokens(const std::string& folder, const PieceStyle& style);

}  // namespace pith
