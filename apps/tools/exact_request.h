// The JSON form of exact mode: requests with the reference's keyword arguments, its result
// dictionary.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "messages/result.h"
#include "stages/llmlingua2/options.h"

namespace pith {

struct ExactRequest {
  std::vector<std::string> contexts;
  Llmlingua2Options options;
};

/// Reads {"context": string or list of strings, "api"?, "options"?: {...}}; other members are
/// ignored, but for those named like an option that does something: errors. Options are the keyword
/// arguments of "api": "compress_prompt" (the default) or "compress_prompt_llmlingua2"; those that
/// do nothing there do nothing here. Errors: kInvalidArgument, naming the member and never quoting
/// the text.
Result<ExactRequest> parse_exact_request(std::string_view json);

/// On one line, without a line end.
std::string exact_result_json(const Llmlingua2Result& result);

/// A text as a shell gives it: \n, \t, \r and \\ are what they are in C, other backslashes stay.
std::string unescaped_flag(std::string_view text);

}  // namespace pith
