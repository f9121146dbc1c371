#include "stages/llmlingua2/folder_json.h"

#include <filesystem>

namespace pith {

Result<std::optional<FolderJson>> FolderJson::open(const std::string& folder,
                                                   std::string_view name) {
  constexpr std::uintmax_t kBytesMax = std::uintmax_t{1} << 20U;
  FolderJson file;
  file.path_ = folder + "/" + std::string(name);
  std::error_code failed;
  if (!std::filesystem::exists(file.path_, failed)) return std::optional<FolderJson>();
  const std::uintmax_t bytes = std::filesystem::file_size(file.path_, failed);
  if (failed || bytes > kBytesMax) return file.error("not a small file");
  file.parser_ = std::make_unique<simdjson::dom::parser>();
  if (const auto error = file.parser_->load(file.path_).get(file.root_);
      error != simdjson::SUCCESS) {
    return file.error(simdjson::error_message(error));
  }
  return std::optional<FolderJson>(std::move(file));
}

bool FolderJson::has(std::string_view key) const {
  return root_.at_key(key).error() == simdjson::SUCCESS;
}

bool FolderJson::is_null(std::string_view key) const {
  simdjson::dom::element value;
  return root_.at_key(key).get(value) == simdjson::SUCCESS && value.is_null();
}

std::optional<std::string> FolderJson::string(std::string_view key) const {
  simdjson::dom::element value;
  if (root_.at_key(key).get(value) != simdjson::SUCCESS) return std::nullopt;
  if (simdjson::dom::element content; value["content"].get(content) == simdjson::SUCCESS) {
    value = content;
  }
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return std::nullopt;
  return std::string(text);
}

Error FolderJson::error(std::string_view what) const {
  return {ErrorCode::kFileUnreadable, path_ + ": " + std::string(what)};
}

}  // namespace pith
