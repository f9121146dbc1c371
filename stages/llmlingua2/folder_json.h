// The small JSON files beside a model's weights.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "messages/result.h"
#include "stages/model_files/json_field.h"
#include "stages/model_files/mapped_file.h"

namespace pith {

class FolderJson {
 public:
  /// Nothing where `folder` has no such file. Errors: kFileUnreadable: no JSON, or larger than a
  /// megabyte.
  static Result<std::optional<FolderJson>> open(const std::string& folder, std::string_view name);

  bool has(std::string_view key) const;
  /// A string, or the "content" of an object; nothing where it is missing or null.
  /// Errors: kFileUnreadable.
  Result<std::optional<std::string>> token(std::string_view key) const;
  Error error(std::string_view what) const;

 private:
  FolderJson(std::string path, MappedFile file, JsonField root)
      : path_(std::move(path)), file_(std::move(file)), root_(std::move(root)) {}

  std::string path_;
  MappedFile file_;
  JsonField root_;  ///< Views file_, whose bytes do not move.
};

}  // namespace pith
