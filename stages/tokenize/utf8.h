// One step through bytes that may or may not be UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pith {

inline constexpr std::uint32_t kNoCodePoint = 0xFFFFFFFFU;

/// The character at a place: a code point and its bytes, or kNoCodePoint and one byte where the
/// text is not UTF-8 (overlong forms, surrogates, cut characters).
struct Utf8Char {
  std::uint32_t code_point = kNoCodePoint;
  std::uint32_t bytes = 1;
};

/// `at` < text.size().
inline Utf8Char utf8_char_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return std::uint32_t{static_cast<unsigned char>(text[i])};
  };
  const std::uint32_t lead = byte(at);
  if (lead < 0x80) return {lead, 1};
  const std::size_t left = text.size() - at;
  const auto tail = [&](std::size_t i) { return (byte(at + i) & 0xC0U) == 0x80U; };
  const auto bits = [&](std::size_t i) { return byte(at + i) & 0x3FU; };
  if (lead >= 0xC2 && lead < 0xE0) {
    if (left >= 2 && tail(1)) return {(lead & 0x1FU) << 6U | bits(1), 2};
  } else if (lead >= 0xE0 && lead < 0xF0) {
    if (left >= 3 && tail(1) && tail(2)) {
      const std::uint32_t c = (lead & 0x0FU) << 12U | bits(1) << 6U | bits(2);
      if (c >= 0x800 && (c < 0xD800 || c > 0xDFFF)) return {c, 3};
    }
  } else if (lead >= 0xF0 && lead < 0xF5) {
    if (left >= 4 && tail(1) && tail(2) && tail(3)) {
      const std::uint32_t c = (lead & 0x07U) << 18U | bits(1) << 12U | bits(2) << 6U | bits(3);
      if (c >= 0x10000 && c <= 0x10FFFF) return {c, 4};
    }
  }
  return {};
}

/// The character that ends at `at` > 0; one byte where the text is not UTF-8.
inline Utf8Char utf8_char_before(std::string_view text, std::size_t at) {
  for (std::size_t back = 1; back <= 4 && back <= at; ++back) {
    if ((static_cast<unsigned char>(text[at - back]) & 0xC0U) == 0x80U) continue;
    const Utf8Char c = utf8_char_at(text, at - back);
    return c.bytes == back ? c : Utf8Char{};
  }
  return {};
}

}  // namespace pith
