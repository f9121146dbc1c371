#include "stages/llmlingua2/piece_style.h"

#include <algorithm>
#include <filesystem>

#include "stages/llmlingua2/folder_json.h"
#include "stages/llmlingua2/python_text.h"

namespace pith {
namespace {

std::string folder_name(const std::string& folder) {
  std::error_code failed;
  // As it was called, also where that is a link.
  const std::filesystem::path path = std::filesystem::absolute(folder, failed).lexically_normal();
  return path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
}

}  // namespace

std::string_view PieceStyle::bare(std::string_view piece) const {
  return python_lstripped(piece, metaspace ? "\xE2\x96\x81" : "#");
}

Result<PieceStyle> piece_style(const std::string& folder) {
  const std::string name = folder_name(folder);
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const auto has = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  const bool large = has(name, "xlm-roberta-large");
  if (has(name, "bert-base-multilingual-cased") || has(lower, "tinybert") ||
      has(lower, "mobilebert")) {
    return PieceStyle{false, large};
  }
  if (large || has(lower, "slingua") || has(lower, "securitylingua"))
    return PieceStyle{true, large};
  const auto config = FolderJson::open(folder, "config.json");
  if (!config) return config.error();
  if (!*config) {
    return Error{ErrorCode::kFileUnreadable, folder + "/config.json: no such file"};
  }
  const auto type = (*config)->token("model_type");
  if (!type) return type.error();
  if (*type == "bert") return PieceStyle{false, false};
  if (*type == "xlm-roberta") return PieceStyle{true, true};
  return (*config)->error("model_type: neither \"bert\" nor \"xlm-roberta\"");
}

}  // namespace pith
