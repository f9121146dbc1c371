#include "stages/llmlingua2/special_tokens.h"

#include <map>

#include "stages/llmlingua2/folder_json.h"

namespace pith {
namespace {

using Roles = std::map<std::string, std::string>;

Roles default_roles(const PieceStyle& style) {
  if (style.metaspace) {
    return {{"bos_token", "<s>"},    {"eos_token", "</s>"},  {"unk_token", "<unk>"},
            {"sep_token", "</s>"},   {"pad_token", "<pad>"}, {"cls_token", "<s>"},
            {"mask_token", "<mask>"}};
  }
  return {{"bos_token", ""},       {"eos_token", ""},      {"unk_token", "[UNK]"},
          {"sep_token", "[SEP]"},  {"pad_token", "[PAD]"}, {"cls_token", "[CLS]"},
          {"mask_token", "[MASK]"}};
}

Result<Done> read_roles(const FolderJson& file, Roles& roles) {
  for (auto& [role, token] : roles) {
    if (!file.has(role)) continue;
    const auto value = file.token(role);
    if (!value) return value.error();
    token = value->value_or("");
  }
  return Done{};
}

}  // namespace

Result<SpecialTokens> special_tokens(const std::string& folder, const PieceStyle& style) {
  Roles roles = default_roles(style);
  const auto config = FolderJson::open(folder, "tokenizer_config.json");
  if (!config) return config.error();
  bool complete = false;
  if (*config) {
    if (const auto read = read_roles(**config, roles); !read) return read.error();
    complete = (*config)->has("added_tokens_decoder");
  }
  if (!complete) {
    const auto map = FolderJson::open(folder, "special_tokens_map.json");
    if (!map) return map.error();
    if (*map) {
      if (const auto read = read_roles(**map, roles); !read) return read.error();
    }
  }
  SpecialTokens tokens;
  for (const auto& [role, token] : roles) {
    if (!token.empty()) tokens.insert(token);
  }
  return tokens;
}

}  // namespace pith
