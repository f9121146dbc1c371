// What a summarising reader is asked: a text, and what to say of it.
#pragma once

#include <string_view>

#include "messages/result.h"

namespace pith {

struct SummaryQuery {
  std::string_view text;   ///< Transcript or code; empty: there is none.
  std::string_view query;  ///< Empty: what the text is about.
};

/// The parts of a prompt of `pith eval` about a piece of code or a transcript, or about none.
/// Errors: kPromptTooLong: no such prompt.
Result<SummaryQuery> parse_summary_prompt(std::string_view prompt);

}  // namespace pith
