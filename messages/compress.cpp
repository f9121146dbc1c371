#include "messages/compress.h"

namespace pith {

std::uint32_t protect_class(std::string_view name) {
  static constexpr std::pair<std::string_view, std::uint32_t> kClasses[] = {
      {"numbers", kProtectNumbers},       {"negations", kProtectNegations},
      {"code", kProtectCode},             {"urls", kProtectUrls},
      {"paths", kProtectPaths},           {"identifiers", kProtectIdentifiers},
      {"quoted", kProtectQuoted},         {"json_keys", kProtectJsonKeys},
      {"tags", kProtectTags},             {"names", kProtectNames},
      {"json_text", kProtectJsonText},
  };
  for (const auto& [class_name, bit] : kClasses) {
    if (class_name == name) return bit;
  }
  return 0;
}

}  // namespace pith
