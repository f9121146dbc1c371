// Whole numbers of a config.json, whatever network it describes.
#pragma once

#include <cstdint>

#include "stages/model_files/json_field.h"

namespace pith {

/// Errors: kFileUnreadable, naming the field.
inline Result<std::int32_t> count_from(const JsonField& field, std::int32_t least,
                                       std::int32_t most) {
  const auto value = field.integer(least, most);
  if (!value) return value.error();
  return static_cast<std::int32_t>(*value);
}

/// `otherwise` when the field is absent.
inline Result<std::int32_t> count_of(const JsonField& root, const char* key, std::int32_t least,
                                     std::int32_t most, std::int32_t otherwise) {
  const auto field = root.find(key);
  return field ? count_from(*field, least, most) : Result<std::int32_t>(otherwise);
}

}  // namespace pith
