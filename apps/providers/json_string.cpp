#include "apps/providers/json_string.h"

#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace pith {
namespace {

bool is_special(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

std::uint32_t hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
  return static_cast<std::uint32_t>((c | 0x20) - 'a') + 10;
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

}  // namespace

std::uint32_t read_hex4(const char* digits) {
  return hex_value(digits[0]) << 12 | hex_value(digits[1]) << 8 | hex_value(digits[2]) << 4 |
         hex_value(digits[3]);
}

const char* find_string_special(const char* p, const char* end) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i control = _mm_set1_epi8(0x1F);
  for (; end - p >= 16; p += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i hit = _mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
        _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));  // unsigned bytes <= 0x1F
    if (const auto mask = static_cast<unsigned>(_mm_movemask_epi8(hit)); mask != 0) {
      return p + std::countr_zero(mask);
    }
  }
#endif
  while (p != end && !is_special(*p)) ++p;
  return p;
}

std::string decode_json_string(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());  // decoding never makes a string longer
  const char* p = raw.data();
  const char* const end = p + raw.size();
  while (p != end) {
    const auto* stop =
        static_cast<const char*>(std::memchr(p, '\\', static_cast<std::size_t>(end - p)));
    if (stop == nullptr) stop = end;
    out.append(p, stop);
    if (stop == end) break;
    assert(end - stop >= 2);
    p = stop + 2;
    switch (stop[1]) {
      case 'b':
        out.push_back('\b');
        break;
      case 'f':
        out.push_back('\f');
        break;
      case 'n':
        out.push_back('\n');
        break;
      case 'r':
        out.push_back('\r');
        break;
      case 't':
        out.push_back('\t');
        break;
      case 'u': {
        std::uint32_t c = read_hex4(p);
        p += 4;
        if (c >= 0xD800 && c < 0xDC00) {
          c = 0x10000 + ((c - 0xD800) << 10) + (read_hex4(p + 2) - 0xDC00);
          p += 6;
        }
        append_utf8(out, c);
        break;
      }
      default:
        out.push_back(stop[1]);  // quote, backslash, slash
    }
  }
  return out;
}

void append_json_escaped(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p != end) {
    const char* stop = find_string_special(p, end);
    out.append(p, stop);
    if (stop == end) break;
    out.push_back('\\');
    switch (*stop) {
      case '\b':
        out.push_back('b');
        break;
      case '\f':
        out.push_back('f');
        break;
      case '\n':
        out.push_back('n');
        break;
      case '\r':
        out.push_back('r');
        break;
      case '\t':
        out.push_back('t');
        break;
      case '"':
      case '\\':
        out.push_back(*stop);
        break;
      default:
        out.append("u00");
        out.push_back(kHex[static_cast<unsigned char>(*stop) >> 4]);
        out.push_back(kHex[static_cast<unsigned char>(*stop) & 15]);
    }
    p = stop + 1;
  }
}

std::size_t character_prefix(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text.size();
  std::size_t length = bytes_max;
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
  return length;
}

}  // namespace pith
