#include "apps/reader/chat_body.h"

#include <simdjson.h>

#include <algorithm>

#include "apps/json_api/json_text.h"

namespace pith {
namespace {

using simdjson::dom::element;

/// Whole text of the first choice: a string, or the text parts of a list.
Result<std::string> choice_text(element answer) {
  element content;
  if (answer.at_pointer("/choices/0/message/content").get(content) != simdjson::SUCCESS) {
    return Error{ErrorCode::kMalformedMessage, "reader: no choices[0].message.content"};
  }
  std::string_view text;
  if (content.get(text) == simdjson::SUCCESS) return std::string(text);
  if (content.is_null()) return std::string();  // All of it went into reasoning, or a refusal.
  simdjson::dom::array parts;
  if (content.get(parts) != simdjson::SUCCESS) {
    return Error{ErrorCode::kMalformedMessage, "reader: content is neither string nor list"};
  }
  std::string out;
  for (const element part : parts) {
    if (part["text"].get(text) == simdjson::SUCCESS) out += text;
  }
  return out;
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> parse_members(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS) {
    return Error{ErrorCode::kInvalidArgument, "members of the reader's request: not a JSON object"};
  }
  std::vector<std::pair<std::string, std::string>> members;
  for (const auto& field : object) {
    members.emplace_back(std::string(field.key), simdjson::minify(field.value));
  }
  return members;
}

std::string chat_body(const std::string& prompt, const ChatBodyOptions& options) {
  std::vector<std::pair<std::string, std::string>> members;
  std::string model;
  append_json_string(model, options.model);
  std::string messages = "[{\"role\":\"user\",\"content\":";
  append_json_string(messages, prompt);
  messages += "}]";
  members.emplace_back("model", std::move(model));
  members.emplace_back("messages", std::move(messages));
  members.emplace_back("temperature", "0");
  members.emplace_back("top_p", "1");
  members.emplace_back("seed", "42");
  members.emplace_back("max_tokens", std::to_string(options.max_tokens));
  for (const auto& member : options.members) {
    const auto same = [&](const auto& usual) { return usual.first == member.first; };
    const auto found = std::ranges::find_if(members, same);
    if (member.second == "null") {
      std::erase_if(members, same);
    } else if (found == members.end()) {
      members.push_back(member);
    } else {
      found->second = member.second;
    }
  }
  std::string body = "{";
  for (const auto& [name, value] : members) {
    if (body.size() > 1) body += ',';
    append_json_string(body, name);
    body += ':';
    body += value;
  }
  return body + "}";
}

Result<ReaderAnswer> parse_chat_answer(std::string_view json) {
  simdjson::dom::parser parser;
  element whole;
  if (parser.parse(json.data(), json.size()).get(whole) != simdjson::SUCCESS) {
    return Error{ErrorCode::kMalformedMessage, "reader: the answer is not JSON"};
  }
  Result<std::string> text = choice_text(whole);
  if (!text) return text.error();
  ReaderAnswer answer;
  answer.text = std::move(*text);
  std::int64_t tokens = 0;
  if (whole.at_pointer("/usage/prompt_tokens").get(tokens) == simdjson::SUCCESS) {
    answer.prompt_tokens = tokens;
  }
  if (whole.at_pointer("/usage/completion_tokens").get(tokens) == simdjson::SUCCESS) {
    answer.completion_tokens = tokens;
  }
  return answer;
}

std::string chat_error_message(std::string_view json) {
  simdjson::dom::parser parser;
  element whole;
  if (parser.parse(json.data(), json.size()).get(whole) != simdjson::SUCCESS) return {};
  std::string_view message;
  if (whole.at_pointer("/error/message").get(message) != simdjson::SUCCESS) return {};
  std::size_t end = std::min<std::size_t>(message.size(), 200);
  while (end < message.size() && end > 0 && (message[end] & 0xC0) == 0x80) --end;
  return std::string(message.substr(0, end));
}

}  // namespace pith
