#include "stages/tokenize/bert_characters.h"

#include <unicode/uchar.h>

#include <cstdint>

namespace pith {
namespace {

bool assigned_until(char32_t c, std::uint8_t unicode_version) {
  UVersionInfo age{};
  u_charAge(static_cast<UChar32>(c), age);
  return age[0] != 0 && age[0] <= unicode_version;
}

bool of_category(char32_t c, std::uint32_t mask) {
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & mask) != 0;
}

}  // namespace

bool bert_control(char32_t c) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  return of_category(c, U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK) && assigned_until(c, 8);
}

bool bert_punctuation(char32_t c) {
  if (c < 0x80) {
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
           (c >= '{' && c <= '~');
  }
  return of_category(c, U_GC_P_MASK) && assigned_until(c, 8);
}

bool nonspacing_mark(char32_t c) { return of_category(c, U_GC_MN_MASK) && assigned_until(c, 8); }

bool white_space(char32_t c) { return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0; }

bool bert_ideograph(char32_t c) {
  const auto within = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  return within(0x3400, 0x4DBF) || within(0x4E00, 0x9FFF) || within(0xF900, 0xFAFF) ||
         within(0x20000, 0x2A6DF) || within(0x2A700, 0x2B73F) || within(0x2B740, 0x2B81F) ||
         within(0x2B920, 0x2CEAF) || within(0x2F800, 0x2FA1F);
}

bool decomposition_known(char32_t c) { return assigned_until(c, 9); }

bool word_character(char32_t c) {
  const auto code_point = static_cast<UChar32>(c);
  return u_hasBinaryProperty(code_point, UCHAR_ALPHABETIC) != 0 ||
         u_hasBinaryProperty(code_point, UCHAR_JOIN_CONTROL) != 0 ||
         of_category(c, U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK);
}

}  // namespace pith
