// The path of a request target, seen from its end: any prefix may stand before what names the API.
#pragma once

#include <string>
#include <string_view>

#include "apps/providers/provider.h"

namespace pith {

class ApiPath {
 public:
  /// Query and fragment are ignored; an absolute target (http://host/path) is taken apart.
  explicit ApiPath(std::string_view target);

  /// What a POST to it asks for.
  Api api() const;
  /// By known paths, edited or not.
  ErrorFamily family() const;
  /// The model that the path names: Gemini's, or an Azure deployment; percent-decoded, without
  /// "models/". Else empty.
  std::string model() const;
  bool ends_with(std::string_view suffix) const { return path_.ends_with(suffix); }

 private:
  std::string_view segment(std::size_t from_end) const;  // empty when there are fewer
  bool has_segment(std::string_view name) const;
  bool after_version() const;

  std::string_view path_;
};

}  // namespace pith
