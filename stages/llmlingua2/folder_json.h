// The small JSON files beside a model's weights.
#pragma once

#include <simdjson.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "messages/result.h"

namespace pith {

class FolderJson {
 public:
  /// Nothing where `folder` has no such file. Errors: kFileUnreadable: no JSON object, or larger
  /// than a megabyte.
  static Result<std::optional<FolderJson>> open(const std::string& folder, std::string_view name);

  bool has(std::string_view key) const;
  bool is_null(std::string_view key) const;
  /// Nothing where there is no string of this name. Where it is an object: its "content".
  std::optional<std::string> string(std::string_view key) const;
  Error error(std::string_view what) const;

 private:
  std::string path_;
  std::unique_ptr<simdjson::dom::parser> parser_;
  simdjson::dom::object root_;
};

}  // namespace pith
