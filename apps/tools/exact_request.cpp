#include "apps/tools/exact_request.h"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "apps/json_api/json_text.h"

namespace pith {
namespace {

using simdjson::dom::element;

Error wrong(std::string_view field, std::string_view wanted) {
  return {ErrorCode::kInvalidArgument,
          "\"" + std::string(field.substr(0, 64)) + "\" must be " + std::string(wanted)};
}

// Readers put a value into its place, or tell what it should be.

Result<Done> read(std::string_view field, element value, double& out) {
  bool flag = false;
  if (value.get(flag) == simdjson::SUCCESS) {
    out = flag ? 1 : 0;
  } else if (value.get(out) != simdjson::SUCCESS) {
    return wrong(field, "a number");
  }
  return Done{};
}

/// What Python takes for true.
Result<Done> read(std::string_view, element value, bool& out) {
  switch (value.type()) {
    case simdjson::dom::element_type::NULL_VALUE:
      out = false;
      break;
    case simdjson::dom::element_type::BOOL:
      out = value.get_bool().value_unsafe();
      break;
    case simdjson::dom::element_type::STRING:
      out = value.get_string_length().value_unsafe() > 0;
      break;
    case simdjson::dom::element_type::ARRAY:
      out = value.get_array().value_unsafe().size() > 0;
      break;
    case simdjson::dom::element_type::OBJECT:
      out = value.get_object().value_unsafe().size() > 0;
      break;
    default:
      out = value.get_double().value_unsafe() != 0;
  }
  return Done{};
}

Result<Done> read(std::string_view field, element value, std::string& out) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return wrong(field, "a string");
  out = text;
  return Done{};
}

Result<Done> read(std::string_view field, element value, std::vector<std::string>& out) {
  out.clear();
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) return wrong(field, "a list of strings");
  for (const element one : list) {
    std::string text;
    if (!read(field, one, text)) return wrong(field, "a list of strings");
    out.push_back(std::move(text));
  }
  return Done{};
}

/// Null: none. What is no whole number is no context's place.
Result<Done> read(std::string_view field, element value, std::vector<std::int64_t>& out) {
  out.clear();
  if (value.is_null()) return Done{};
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) return wrong(field, "a list of numbers");
  for (const element one : list) {
    double number = -1;
    if (!read(field, one, number)) continue;
    if (number >= 0 && number < 1e9 &&
        number == static_cast<double>(static_cast<std::int64_t>(number))) {
      out.push_back(static_cast<std::int64_t>(number));
    }
  }
  return Done{};
}

/// Keyword arguments of compress_prompt that LLMLingua-2 does not look at.
bool ignored(std::string_view key) {
  constexpr std::array<std::string_view, 22> kIgnored = {"instruction",
                                                         "question",
                                                         "iterative_size",
                                                         "force_context_number",
                                                         "use_sentence_level_filter",
                                                         "keep_split",
                                                         "keep_first_sentence",
                                                         "keep_last_sentence",
                                                         "keep_sentence_number",
                                                         "high_priority_bonus",
                                                         "context_budget",
                                                         "token_budget_ratio",
                                                         "condition_in_question",
                                                         "reorder_context",
                                                         "dynamic_context_compression_ratio",
                                                         "condition_compare",
                                                         "add_instruction",
                                                         "rank_method",
                                                         "concate_question",
                                                         "context_segs",
                                                         "context_segs_rate",
                                                         "context_segs_compress"};
  return key == "strict_preserve_uncompressed" ||
         std::find(kIgnored.begin(), kIgnored.end(), key) != kIgnored.end();
}

/// False: no option that does something is called so.
Result<bool> read_option(std::string_view key, element value, Llmlingua2Options& options) {
  const auto into = [&](auto& place) -> Result<bool> {
    if (const auto done = read(key, value, place); !done) return done.error();
    return true;
  };
  if (key == "rate") return into(options.rate);
  if (key == "target_token") return into(options.target_token);
  if (key == "use_context_level_filter") return into(options.use_context_level_filter);
  if (key == "use_token_level_filter") return into(options.use_token_level_filter);
  if (key == "target_context") return into(options.target_context);
  if (key == "context_level_rate") return into(options.context_level_rate);
  if (key == "context_level_target_token") return into(options.context_level_target_token);
  if (key == "force_context_ids") return into(options.force_context_ids);
  if (key == "return_word_label") return into(options.return_word_label);
  if (key == "word_sep") return into(options.word_sep);
  if (key == "label_sep") return into(options.label_sep);
  if (key == "token_to_word") return into(options.token_to_word);
  if (key == "force_tokens") return into(options.force_tokens);
  if (key == "force_reserve_digit") return into(options.force_reserve_digit);
  if (key == "drop_consecutive") return into(options.drop_consecutive);
  if (key == "chunk_end_tokens") return into(options.chunk_end_tokens);
  return false;
}

Error refused(const char* what, std::string_view key, const char* hint = "") {
  return {ErrorCode::kInvalidArgument,
          what + (" \"" + std::string(key.substr(0, 64)) + "\"") + hint};
}

Result<std::vector<std::string>> read_contexts(element value) {
  std::vector<std::string> contexts(1);
  if (read("context", value, contexts.front())) return contexts;
  if (!read("context", value, contexts)) return wrong("context", "a string or a list of strings");
  return contexts;
}

}  // namespace

Result<ExactRequest> parse_exact_request(std::string_view json) {
  thread_local simdjson::dom::parser parser;
  simdjson::dom::object root;
  if (const auto error = parser.parse(json.data(), json.size()).get(root);
      error != simdjson::SUCCESS) {
    return Error{ErrorCode::kInvalidArgument,
                 std::string("no JSON object: ") + simdjson::error_message(error)};
  }
  ExactRequest request;
  bool found = false;
  std::string_view api = "compress_prompt";
  std::optional<simdjson::dom::object> options;
  for (const auto [key, value] : root) {  // of members of the same name the last counts
    if (key == "context") {
      auto contexts = read_contexts(value);
      if (!contexts) return contexts.error();
      request.contexts = *std::move(contexts);
      found = true;
    } else if (key == "api") {
      if (value.get(api) != simdjson::SUCCESS) return wrong(key, "a string");
    } else if (key == "options" && !value.is_null()) {
      simdjson::dom::object members;
      if (value.get(members) != simdjson::SUCCESS) return wrong(key, "an object");
      options = members;
    } else {
      Llmlingua2Options unused;
      const auto option = read_option(key, value, unused);
      if (!option || *option)
        return refused("unknown member", key, ": it belongs in \"options\"");
    }
  }
  if (!found) return Error{ErrorCode::kInvalidArgument, "no \"context\""};
  const bool inner = api == "compress_prompt_llmlingua2";
  if (!inner && api != "compress_prompt") {
    return wrong("api", "\"compress_prompt\" or \"compress_prompt_llmlingua2\"");
  }
  request.options.use_context_level_filter = !inner;
  if (options) {
    for (const auto [key, value] : *options) {
      const auto known = read_option(key, value, request.options);
      if (!known) return known.error();
      if (!*known && (inner || !ignored(key))) return refused("unknown option", key);
    }
  }
  return request;
}

std::string exact_result_json(const Llmlingua2Result& result) {
  std::string out = "{\"compressed_prompt\": ";
  append_json_string(out, result.compressed_prompt);
  out += ", \"compressed_prompt_list\": [";
  for (const std::string& text : result.compressed_prompt_list) {
    if (&text != &result.compressed_prompt_list.front()) out += ", ";
    append_json_string(out, text);
  }
  out += "], \"origin_tokens\": " + std::to_string(result.origin_tokens);
  out += ", \"compressed_tokens\": " + std::to_string(result.compressed_tokens);
  for (const auto& [key, value] :
       {std::pair("ratio", &result.ratio), {"rate", &result.rate}, {"saving", &result.saving}}) {
    out += std::string(", \"") + key + "\": ";
    append_json_string(out, *value);
  }
  if (result.fn_labeled_original_prompt) {
    out += ", \"fn_labeled_original_prompt\": ";
    append_json_string(out, *result.fn_labeled_original_prompt);
  }
  return out + "}";
}

std::string unescaped_flag(std::string_view text) {
  constexpr std::string_view kLetters = "ntr\\";
  constexpr std::string_view kMeanings = "\n\t\r\\";
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t letter =
        text[at] == '\\' && at + 1 < text.size() ? kLetters.find(text[at + 1]) : std::string::npos;
    if (letter == std::string::npos) {
      out.push_back(text[at]);
    } else {
      out.push_back(kMeanings[letter]);
      ++at;
    }
  }
  return out;
}

}  // namespace pith
