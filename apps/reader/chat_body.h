// The bodies of POST /v1/chat/completions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/reader/reader.h"

namespace pith {

struct ChatBodyOptions {
  std::string model;
  std::uint32_t max_tokens = 256;  ///< Of the answer.
  /// Members that replace or add to the usual ones, as JSON text; null takes one out.
  std::vector<std::pair<std::string, std::string>> members;
};

/// Reads an object such as {"max_tokens": null, "max_completion_tokens": 256} into its members.
/// Errors: kInvalidArgument.
Result<std::vector<std::pair<std::string, std::string>>> parse_members(std::string_view json);

/// One user message; temperature 0, top_p 1, seed 42: the same prompt gives the same bytes.
std::string chat_body(const std::string& prompt, const ChatBodyOptions& options);

/// The text of the first choice, and usage. Errors: kMalformedMessage.
Result<ReaderAnswer> parse_chat_answer(std::string_view json);

/// error.message of an API's error body, at most 200 bytes; empty when there is none.
std::string chat_error_message(std::string_view json);

}  // namespace pith
