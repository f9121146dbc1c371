#include "stages/llmlingua2/folder_json.h"

#include <filesystem>

namespace pith {

Result<std::optional<FolderJson>> FolderJson::open(const std::string& folder,
                                                   std::string_view name) {
  constexpr std::uint64_t kBytesMax = std::uint64_t{1} << 20U;
  const std::string path = folder + "/" + std::string(name);
  std::error_code failed;
  if (!std::filesystem::exists(path, failed)) return std::optional<FolderJson>();
  auto file = MappedFile::open(path, kBytesMax);
  if (!file) return file.error();
  auto root = JsonField::parse(file->bytes());
  if (!root) return Error{ErrorCode::kFileUnreadable, path + ": " + root.error().detail};
  return std::optional<FolderJson>(FolderJson(path, *std::move(file), *std::move(root)));
}

bool FolderJson::has(std::string_view key) const {
  const auto members = root_.members();
  if (!members) return false;
  for (const JsonMember& member : *members) {
    if (member.key == key) return true;
  }
  return false;
}

Result<std::optional<std::string>> FolderJson::token(std::string_view key) const {
  const auto value = root_.find(key);
  if (!value) return std::optional<std::string>();
  const auto content = value->find("content");
  const auto text = content ? content->string() : value->string();
  if (!text) return error(text.error().detail);
  return std::optional<std::string>(*text);
}

Error FolderJson::error(std::string_view what) const {
  return {ErrorCode::kFileUnreadable, path_ + ": " + std::string(what)};
}

}  // namespace pith
