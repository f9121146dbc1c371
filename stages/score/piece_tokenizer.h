// A SentencePiece model as a Tokenizer. Stands in until stages/tokenize has its own.
#pragma once

#include <memory>
#include <string_view>

#include "messages/result.h"
#include "stages/tokenize/tokenizer.h"

namespace pith {

/// Errors: kFileUnreadable.
Result<std::unique_ptr<const Tokenizer>> load_piece_tokenizer(std::string_view serialized_model);

}  // namespace pith
