#include <filesystem>

#include "stages/tokenize/hf_tokenizer_fields.h"

namespace pith {
namespace {

constexpr std::uintmax_t kFileBytesMax = std::uintmax_t{256} << 20U;

Result<AddedToken> added_token_from(const JsonField& field) {
  AddedToken token;
  const auto content_field = field.at("content");
  if (!content_field) return content_field.error();
  const auto content = content_field->string();
  if (!content) return content.error();
  token.content = *content;
  const auto id_field = field.at("id");
  if (!id_field) return id_field.error();
  const auto id = id_field->index();
  if (!id) return id.error();
  token.id = *id;
  using Flag = std::pair<const char*, bool*>;
  for (const auto& [key, flag] :
       {Flag{"single_word", &token.single_word}, Flag{"lstrip", &token.lstrip},
        Flag{"rstrip", &token.rstrip}, Flag{"normalized", &token.normalized}}) {
    const auto value = field.boolean(key, false);
    if (!value) return value.error();
    *flag = *value;
  }
  return token;
}

/// Whether text may be cut in front of a blank between words: not where a step sees what is beside
/// the blank, or treats the beginning of a text differently.
bool blanks_are_neutral(const JsonField& field, int depth = 0) {
  if (depth > kSequenceDepthMax) return false;
  const auto type = field.string("type", "");
  if (type && *type == "Sequence") {
    for (const char* key : {"normalizers", "pretokenizers"}) {
      const auto list = field.find(key);
      const auto steps = list ? list->array() : Result<simdjson::dom::array>(field.error(""));
      if (!steps) continue;
      for (const simdjson::dom::element step : *steps) {
        if (!blanks_are_neutral({step, ""}, depth + 1)) return false;
      }
    }
    return true;
  }
  if (type && *type == "Strip") {
    const auto left = field.boolean("strip_left", true);
    return left && !*left;
  }
  if (type && *type == "Replace") {
    const auto pattern = field.find("pattern");
    const auto plain = pattern ? pattern->string("String", "") : Result<std::string_view>("");
    return plain && (*plain == " " || plain->find(' ') == std::string_view::npos);
  }
  if (type && *type == "Metaspace") {
    const auto split = field.boolean("split", true);
    return split && *split;
  }
  return true;
}

Result<std::shared_ptr<const Tokenizer>> tokenizer_of_json(const std::string& path) {
  const auto unreadable = [&](const std::string& what) {
    return Error{ErrorCode::kFileUnreadable, path + ": " + what};
  };
  std::error_code failed;
  if (!std::filesystem::is_regular_file(path, failed)) return unreadable("no such file");
  const std::uintmax_t bytes = std::filesystem::file_size(path, failed);
  if (failed || bytes > kFileBytesMax) return unreadable("too large");
  simdjson::padded_string text;
  if (simdjson::padded_string::load(path).get(text) != simdjson::SUCCESS) {
    return unreadable("cannot read");
  }
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (const auto error = parser.parse(text).get(root); error != simdjson::SUCCESS) {
    return unreadable(simdjson::error_message(error));
  }
  auto parts = tokenizer_parts_from({root, ""});
  if (!parts) return unreadable(parts.error().detail);
  return std::shared_ptr<const Tokenizer>(std::make_shared<HfTokenizer>(*std::move(parts)));
}

}  // namespace

Result<std::vector<AddedToken>> added_tokens_from(const JsonField& field) {
  std::vector<AddedToken> tokens;
  const auto list = field.array();
  if (!list) return list.error();
  for (const simdjson::dom::element value : *list) {
    auto token = added_token_from(field.element(value, tokens.size()));
    if (!token) return token.error();
    tokens.push_back(*std::move(token));
  }
  return tokens;
}

Result<TokenizerParts> tokenizer_parts_from(const JsonField& root) {
  TokenizerParts parts;
  parts.cut_at_blanks = true;
  const auto model_field = root.at("model");
  if (!model_field) return model_field.error();
  auto model = piece_model_from(*model_field);
  if (!model) return model.error();
  parts.model = *std::move(model);
  if (const auto field = root.find("normalizer")) {
    auto normalizer = normalizer_from(*field);
    if (!normalizer) return normalizer.error();
    parts.normalizer = *std::move(normalizer);
    parts.cut_at_blanks = blanks_are_neutral(*field);
  }
  if (const auto field = root.find("pre_tokenizer")) {
    auto pre_tokenizer = pre_tokenizer_from(*field);
    if (!pre_tokenizer) return pre_tokenizer.error();
    parts.pre_tokenizer = *std::move(pre_tokenizer);
    parts.cut_at_blanks = parts.cut_at_blanks && blanks_are_neutral(*field);
  } else {
    parts.cut_at_blanks = false;
  }
  if (const auto field = root.find("added_tokens")) {
    auto tokens = added_tokens_from(*field);
    if (!tokens) return tokens.error();
    parts.added_tokens = *std::move(tokens);
  }
  return parts;
}

Result<std::shared_ptr<const Tokenizer>> load_hf_tokenizer(const std::string& folder) {
  return tokenizer_of_json(folder + "/tokenizer.json");
}

}  // namespace pith
