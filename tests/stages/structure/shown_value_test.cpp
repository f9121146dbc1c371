#include "stages/structure/shown_value.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <random>

namespace pith {
namespace {

std::string shown(std::string_view value) {
  return show_value(value, {0, static_cast<std::uint32_t>(value.size())}).text;
}

TEST(ShownValue, BlanksAreShownAsBlanks) {
  EXPECT_EQ(shown(R"(a\nb\tc\r\nd\u000ae\u00a0f)"), "a \nb  c   \nd     \ne      f");
}

TEST(ShownValue, QuotationMarksOpenAndClose) {
  EXPECT_EQ(shown(R"(\"a b\" or (\"c\") and \"d.\")"), "«a b» or («c») and «d.»");
  EXPECT_EQ(shown(R"(of 5\" and \"a\")"), "of 5» and «a»");
  EXPECT_EQ(shown(R"(k=\"v w\", \u0022x\u0022)"), "k=«v w», «««x»»»");
  EXPECT_EQ(shown(R"(\"open\n\"next\")"), "«open \n«next»");
  EXPECT_EQ(shown(R"(say \" a \", \" b \" or)"), "say « a », « b » or");
  EXPECT_EQ(shown(R"(\u4f60\"a\"\u597d)"), "xxxxxx«a»xxxxxx");
  EXPECT_EQ(shown(R"(\u00aba b\u00bb \u2018c\u2019 \u2039d\u203a)"), "«««a b»»» ‘‘c’’ ‹‹d››");
}

TEST(ShownValue, SignsAreShownAndLettersHeldTogether) {
  EXPECT_EQ(shown(R"(a\u2014b \u201cc\u201d don\u2019t \ud83d\ude00)"),
            "a——b ““c”” donxxxxxxt xxxxxxxxxxxx");
}

TEST(DecodedValue, EveryEscapeIsOneByte) {
  const std::string text = R"(["a\n\r\t\f\\\"\/\u007b\u000a\u00a0\u2028\ud83d\ude00\u0000é"])";
  const DecodedValue value = decode_value(text, {2, static_cast<std::uint32_t>(text.size() - 2)});
  EXPECT_EQ(value.text, "a\n\r\t \\\"/{\n \nxxxé");
  ASSERT_EQ(value.escapes.size(), 14U);
  EXPECT_EQ(value.escapes[0], (ByteSpan{3, 5}));
  EXPECT_EQ(value.escapes[7], (ByteSpan{17, 23}));
}

TEST(ShownValue, BackslashesAndSlashesStayInPlace) {
  EXPECT_EQ(shown(R"(C:\\new https:\/\/a.b \\\\\")"), R"(C:\\new https:////a.b \\\\)"
                                                      "«");
}

TEST(ShownValue, ListsEscapesThatAreNoBlanks) {
  const std::string text = R"(xx"a\n\\\u00e9")";
  const ShownValue value = show_value(text, {3, 14});
  EXPECT_EQ(value.escapes, (std::vector<ByteSpan>{{6, 8}, {8, 14}}));
}

TEST(ShownValue, IsAsLongAndStaysUtf8) {
  static const std::vector<std::string> kParts = {
      "a",   "é",       "漢",      " ",       "\\n",     "\\t",     "\\\"",    "\\\\",
      "\\/", "\\u0000", "\\u2028", "\\u201c", "\\uD83D", "\\uDE00", "\\u00FF", "\\b"};
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string value;
    for (int i = 0; i < 40; ++i) value += kParts[random() % kParts.size()];
    const std::string text = shown(value);
    ASSERT_EQ(text.size(), value.size());
    ASSERT_TRUE(simdjson::validate_utf8(text)) << value;
    // What is no escape stays where it was.
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (value[i] == '\\') {
        i += value[i + 1] == 'u' ? 5 : 1;
      } else {
        ASSERT_EQ(text[i], value[i]);
      }
    }
  }
}

std::string repeated(const std::string& part, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += part;
  return out;
}

bool long_prose(const std::string& value) {
  return is_long_prose(value, {0, static_cast<std::uint32_t>(value.size())});
}

TEST(LongProse, NeedsFortyWords) {
  EXPECT_TRUE(long_prose(repeated("word ", 40)));
  EXPECT_FALSE(long_prose(repeated("word ", 39)));
  EXPECT_TRUE(long_prose(repeated("word\\n", 40)));
  EXPECT_FALSE(long_prose(std::string(4000, 'a')));
}

TEST(LongProse, ScriptsWithoutBlanksCountByCharacters) {
  EXPECT_TRUE(long_prose(repeated("漢字", 40)));
  EXPECT_FALSE(long_prose(repeated("漢", 40)));
}

TEST(LongProse, EncodedDocumentsAreNone) {
  const std::string words = repeated("some words ", 40);
  EXPECT_FALSE(long_prose("{" + words));
  EXPECT_FALSE(long_prose("<p>" + words));
  EXPECT_FALSE(long_prose(" [{" + words));
  EXPECT_FALSE(long_prose("[12, 13] " + words));
  EXPECT_FALSE(long_prose("\\u003cp> " + words));
  EXPECT_TRUE(long_prose("[1] " + words));
  EXPECT_TRUE(long_prose("[Home](/) " + words));
  EXPECT_FALSE(long_prose(repeated("\\\"key\\\": 1, ", 40)));
}

}  // namespace
}  // namespace pith
