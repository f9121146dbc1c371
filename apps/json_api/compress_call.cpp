#include <simdjson.h>

#include <cmath>
#include <limits>

#include "apps/json_api/compress_json.h"
#include "stages/score/query_matches.h"

namespace pith {
namespace {

using simdjson::dom::element;

constexpr std::size_t kContextsMax = 4096;  // As many as one message to a compressor may hold.
constexpr std::size_t kForceTokensMax = 1024;

Error wrong(std::string_view field, std::string_view wanted) {
  return {ErrorCode::kInvalidArgument,
          "field \"" + std::string(field.substr(0, 64)) + "\" must be " + std::string(wanted)};
}

Result<std::string> read_string(std::string_view field, element value) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return wrong(field, "a string");
  return std::string(text);
}

Result<float> read_fraction(std::string_view field, element value) {
  double number = 0.0;
  if (value.get(number) != simdjson::SUCCESS || !std::isfinite(number) || number < 0.0 ||
      number > 1.0) {
    return wrong(field, "a number from 0 to 1");
  }
  return static_cast<float>(number);
}

Result<std::uint32_t> read_count(std::string_view field, element value) {
  std::uint64_t number = 0;
  if (value.get(number) != simdjson::SUCCESS ||
      number > std::numeric_limits<std::uint32_t>::max()) {
    return wrong(field, "a whole number, not negative");
  }
  return static_cast<std::uint32_t>(number);
}

Result<bool> read_bool(std::string_view field, element value) {
  bool flag = false;
  if (value.get(flag) != simdjson::SUCCESS) return wrong(field, "true or false");
  return flag;
}

/// A string, or a list of strings.
Result<std::vector<std::string>> read_strings(std::string_view field, element value,
                                              std::size_t count_max) {
  std::vector<std::string> strings;
  if (std::string_view one; value.get(one) == simdjson::SUCCESS) {
    strings.emplace_back(one);
    return strings;
  }
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) return wrong(field, "a string or a list of strings");
  for (const element item : list) {
    std::string_view one;
    if (item.get(one) != simdjson::SUCCESS) return wrong(field, "a string or a list of strings");
    if (strings.size() == count_max)
      return wrong(field, "at most " + std::to_string(count_max) + " strings");
    strings.emplace_back(one);
  }
  return strings;
}

Result<std::uint32_t> read_protect(std::string_view field, element value) {
  const Result<std::vector<std::string>> names = read_strings(field, value, 64);
  if (!names) return names.error();
  std::uint32_t classes = 0;
  for (const std::string& name : *names) {
    const std::uint32_t bit = protect_class(name);
    if (bit == 0) {
      return wrong(field,
                   "a list of: numbers, negations, code, urls, paths, identifiers, quoted, "
                   "json_keys, tags, names, json_text");
    }
    classes |= bit;
  }
  return classes;
}

/// Puts a good value into `target`, or tells what is wrong with it.
template <class T, class Target>
Result<bool> store(Result<T> value, Target& target) {
  if (!value) return value.error();
  target = std::move(*value);
  return true;
}

/// False: no option is called so.
Result<bool> read_option(std::string_view field, element value, CompressRequest& request,
                         std::string& query) {
  CompressOptions& options = request.options;
  if (field == "rate") {
    Result<float> rate = read_fraction(field, value);
    if (rate && *rate == 0.0F) return wrong(field, "above 0");
    return store(std::move(rate), options.target_rate);
  }
  if (field == "target_tokens") return store(read_count(field, value), options.target_tokens);
  if (field == "threshold") return store(read_fraction(field, value), options.threshold);
  if (field == "query") {
    if (Result<bool> read = store(read_string(field, value), query); !read) return read;
    // Every context has a copy.
    query.erase(0, query.size() - end_of_query(query).size());
    return true;
  }
  if (field == "force_tokens")
    return store(read_strings(field, value, kForceTokensMax), options.force_tokens);
  if (field == "protect") return store(read_protect(field, value), options.protect);
  if (field == "tokenizer") return store(read_string(field, value), options.reader);
  if (field == "policy") return store(read_string(field, value), request.policy);
  if (field == "min_tokens") return store(read_count(field, value), options.min_tokens);
  if (field == "min_gain") return store(read_fraction(field, value), options.min_gain);
  if (field == "structure") return store(read_bool(field, value), options.structure);
  if (field == "prose") return store(read_bool(field, value), options.prose);
  if (field == "repeat_markers") return store(read_bool(field, value), options.repeat_markers);
  return false;
}

/// Why a member beside context and options is refused: what it says would be lost.
Error unknown_member(std::string_view field, element value) {
  CompressRequest unused;
  std::string query;
  const Result<bool> read = read_option(field, value, unused, query);
  const bool is_option = !read || *read;
  return {ErrorCode::kInvalidArgument,
          "unknown field \"" + std::string(field.substr(0, 64)) + "\"" +
              (is_option ? ": it belongs in \"options\""
                         : "; a request has \"context\", \"options\" and \"id\"")};
}

Result<Done> read_options(element value, CompressRequest& request, std::string& query) {
  simdjson::dom::object fields;
  if (value.is_null()) return Done{};
  if (value.get(fields) != simdjson::SUCCESS) return wrong("options", "an object");
  for (const auto& [field, option] : fields) {
    if (option.is_null()) continue;  // null asks for the default
    const Result<bool> read = read_option(field, option, request, query);
    if (!read) return read.error();
    if (!*read) {
      return Error{ErrorCode::kInvalidArgument,
                   "unknown option \"" + std::string(field.substr(0, 64)) + "\""};
    }
  }
  const CompressOptions& options = request.options;
  const int dials = int{options.target_rate.has_value()} + int{options.target_tokens.has_value()} +
                    int{options.threshold.has_value()};
  if (dials > 1) {
    return Error{ErrorCode::kInvalidArgument,
                 "at most one of rate, target_tokens and threshold may be given"};
  }
  for (const std::string& token : options.force_tokens) {
    if (token.empty()) return wrong("force_tokens", "strings that are not empty");
  }
  return Done{};
}

/// JSON text of a string or number id; empty for anything else.
std::string id_text(element value) {
  if (value.is_string() || value.is_number()) return simdjson::minify(value);
  return {};
}

}  // namespace

Result<CompressCall> parse_compress_json(std::string_view json, std::string* id) {
  simdjson::dom::parser parser;
  element document;
  if (const auto error = parser.parse(json.data(), json.size()).get(document);
      error != simdjson::SUCCESS) {
    return Error{ErrorCode::kInvalidArgument,
                 std::string("not JSON: ") + simdjson::error_message(error)};
  }
  simdjson::dom::object fields;
  if (document.get(fields) != simdjson::SUCCESS) {
    return Error{ErrorCode::kInvalidArgument, "a request must be a JSON object"};
  }
  CompressCall call;
  if (element value; fields["id"].get(value) == simdjson::SUCCESS) {
    call.id = id_text(value);
    if (id != nullptr) *id = call.id;
  }
  for (const auto& [field, value] : fields) {
    if (field != "id" && field != "context" && field != "options" && !value.is_null()) {
      return unknown_member(field, value);
    }
  }
  element context;
  if (fields["context"].get(context) != simdjson::SUCCESS) {
    return Error{ErrorCode::kInvalidArgument, "field \"context\" is missing"};
  }
  call.list = context.is_array();
  Result<std::vector<std::string>> texts = read_strings("context", context, kContextsMax);
  if (!texts) return texts.error();
  if (texts->empty()) return wrong("context", "a string or a list with at least one");
  std::string query;
  if (element options; fields["options"].get(options) == simdjson::SUCCESS) {
    if (Result<Done> read = read_options(options, call.request, query); !read) return read.error();
  }
  call.request.segments.reserve(texts->size());
  for (std::string& text : *texts) {
    call.request.segments.push_back(
        {.text = std::move(text), .kind = SegmentKind::kPlain, .query = query});
  }
  return call;
}

}  // namespace pith
