#include "stages/tokenize/code_point_class.h"

#include <unicode/uchar.h>

#include <map>
#include <string>

namespace pith {
namespace {

std::uint8_t flags_of_category(UCharCategory category) {
  switch (category) {
    case U_UPPERCASE_LETTER:
    case U_TITLECASE_LETTER:
      return kClassLetter | kClassUpperish;
    case U_LOWERCASE_LETTER:
      return kClassLetter | kClassLowerish;
    case U_MODIFIER_LETTER:
    case U_OTHER_LETTER:
      return kClassLetter | kClassUpperish | kClassLowerish;
    case U_NON_SPACING_MARK:
    case U_ENCLOSING_MARK:
    case U_COMBINING_SPACING_MARK:
      return kClassUpperish | kClassLowerish;
    case U_DECIMAL_DIGIT_NUMBER:
    case U_LETTER_NUMBER:
    case U_OTHER_NUMBER:
      return kClassNumber;
    default:
      return 0;
  }
}

UBool add_range(const void* context, UChar32 start, UChar32 limit, UCharCategory category) {
  auto& flat = *static_cast<std::vector<std::uint8_t>*>(const_cast<void*>(context));
  const std::uint8_t flags = flags_of_category(category);
  for (UChar32 c = start; c < limit; ++c) flat[static_cast<std::size_t>(c)] = flags;
  return true;
}

}  // namespace

const CodePointClasses& CodePointClasses::instance() {
  static const CodePointClasses classes;
  return classes;
}

CodePointClasses::CodePointClasses() {
  std::vector<std::uint8_t> flat(0x110000);
  u_enumCharTypes(add_range, &flat);
  // All white space lies in the first 0x3001 code points, and the property is fixed for ever.
  for (UChar32 c = 0; c <= 0x3000; ++c) {
    if (u_hasBinaryProperty(c, UCHAR_WHITE_SPACE)) flat[static_cast<std::size_t>(c)] |= kClassSpace;
  }
  std::map<std::string_view, std::uint16_t> seen;
  for (std::size_t block = 0; block < block_of_.size(); ++block) {
    const std::string_view content(reinterpret_cast<const char*>(flat.data()) + block * 128, 128);
    const auto [entry, is_new] = seen.emplace(content, static_cast<std::uint16_t>(seen.size()));
    if (is_new) blocks_.insert(blocks_.end(), content.begin(), content.end());
    block_of_[block] = entry->second;
  }
}

}  // namespace pith
