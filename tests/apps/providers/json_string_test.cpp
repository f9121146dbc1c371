#include "apps/providers/json_string.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace pith {
namespace {

using nlohmann::json;

std::string utf8(std::uint32_t c) {
  std::string out;
  if (c < 0x80) return {static_cast<char>(c)};
  const int tail = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  static constexpr unsigned kLead[] = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead[tail] | c >> (6 * tail));
  for (int i = tail - 1; i >= 0; --i) out += static_cast<char>(0x80 | (c >> (6 * i) & 0x3F));
  return out;
}

std::string escaped(std::uint32_t c, const char* format) {
  char out[16];
  if (c < 0x10000) {
    std::snprintf(out, sizeof out, format, c);
    return out;
  }
  std::snprintf(out, sizeof out, format, 0xD800 + ((c - 0x10000) >> 10));
  const std::string high = out;
  std::snprintf(out, sizeof out, format, 0xDC00 + ((c - 0x10000) & 0x3FF));
  return high + out;
}

template <class Each>
void each_code_point(Each each) {
  for (std::uint32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c < 0xD800 || c > 0xDFFF) each(c);
  }
}

TEST(DecodeJsonString, ReadsEveryCodePointInEitherCaseOfItsEscape) {
  each_code_point([](std::uint32_t c) {
    const std::string raw = "a" + escaped(c, "\\u%04x") + escaped(c, "\\u%04X") + "b";
    // A plain comparison: a million assertions take seconds in a checked build.
    if (decode_json_string(raw) != "a" + utf8(c) + utf8(c) + "b") ADD_FAILURE() << raw;
  });
}

TEST(DecodeJsonString, ReadsShortEscapes) {
  EXPECT_EQ(decode_json_string(R"(\"\\\/\b\f\n\r\t)"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(decode_json_string(R"(a\\nb)"), "a\\nb");
  EXPECT_EQ(decode_json_string(R"(\\\\)"), "\\\\");
  EXPECT_EQ(decode_json_string(""), "");
}

TEST(AppendJsonString, GivesEveryCodePointBackAndEscapesOnlyWhatMustBe) {
  each_code_point([](std::uint32_t c) {
    std::string out;
    append_json_escaped(out, utf8(c));
    const bool must_escape = c < 0x20 || c == '"' || c == '\\';
    if (decode_json_string(out) != utf8(c) || (out == utf8(c)) == must_escape) ADD_FAILURE() << out;
  });
}

TEST(AppendJsonString, WritesTheShortestEscapes) {
  std::string out = "before:";
  append_json_escaped(out, std::string_view("\"\\/\b\f\n\r\t\0\x1f\x7f é", 14));
  EXPECT_EQ(out, "before:\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f é");
}

TEST(AppendJsonString, FindsSpecialsAtEveryPlaceOfALongText) {
  for (std::size_t length : {1U, 15U, 16U, 17U, 33U, 64U}) {
    for (std::size_t at = 0; at < length; ++at) {
      for (const char special : {'"', '\\', '\n', '\0', '\x1f'}) {
        std::string text(length, '\x80');  // as a signed byte it is smaller than any control
        text[at] = special;
        EXPECT_EQ(find_string_special(text.data(), text.data() + length), text.data() + at);
      }
    }
    const std::string text(length, ' ');
    EXPECT_EQ(find_string_special(text.data(), text.data() + length), text.data() + length);
  }
}

TEST(AppendJsonString, AgreesWithAnotherWriter) {
  std::string text;
  for (int c = 1; c < 128; ++c) text += static_cast<char>(c);
  text += "Größe 不 🚀";
  std::string out;
  append_json_escaped(out, text);
  EXPECT_EQ("\"" + out + "\"", json(text).dump());
}

TEST(CharacterPrefix, NeverCutsACharacter) {
  const std::string text = "a\xC3\xA9\xE4\xB8\x8D\xF0\x9F\x9A\x80z";  // 1, 2, 3, 4, 1 bytes
  const std::size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
  for (std::size_t max = 0; max < std::size(expected); ++max)
    EXPECT_EQ(character_prefix(text, max), expected[max]);
}

}  // namespace
}  // namespace pith
