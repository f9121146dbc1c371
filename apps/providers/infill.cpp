#include "apps/providers/infill.h"

#include <array>

namespace pith {

bool has_infill_token(JsonValue text) {
  static constexpr std::array<std::string_view, 8> kMarks = {
      "<|fim_", "<fim_", "<fim-", "<|fim▁", "<｜fim", "<PRE>", "<SUF>", "[SUFFIX]"};
  const std::string decoded = text.decoded();  // a mark may be escaped: "\u003cPRE>"
  for (const std::string_view mark : kMarks) {
    if (decoded.find(mark) != std::string::npos) return true;
  }
  return false;
}

}  // namespace pith
