// Which texts of a request may be compressed when they are first seen.
#pragma once

#include "apps/options/config.h"
#include "apps/providers/provider.h"
#include "stages/tokenize/token_counter.h"

namespace pith {

/// Texts below this are never compressed and never remembered: their first form is the only one.
inline constexpr std::size_t kRememberedBytesMin = 200;

/// A pure function of the text and the configuration: nothing that another turn could decide
/// otherwise. Tool results and documents of min_tokens, user texts of document_min_tokens; the rest
/// only when configured.
bool is_target(const EditableText& text, const Config& config, const TokenCounter& reader);

}  // namespace pith
