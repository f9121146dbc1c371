#include "apps/providers/json_tree.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace pith {
namespace {

using nlohmann::json;

bool accepts(std::string_view text) { return static_cast<bool>(JsonTree::parse(text)); }

std::string reason(std::string_view text) {
  const Result<JsonTree> tree = JsonTree::parse(text);
  return tree ? "accepted" : tree.error().detail;
}

TEST(JsonTree, TakesEveryFormOfJson) {
  for (const char* text :
       {"null", "true", "false", "0", "-0", "1e0", "1E+2", "-1.50e-7", "12345678901234567890",
        "\"\"", "\"a\"", "[]", "{}", " [ ] ", "\r\n\t{ }\n", "[1,[2,{\"a\":[]}],3]",
        "{\"\":1,\"a\":{\"\":2}}", R"("\ud83d\ude80\u0000\/")", "[\"\x7f\"]"}) {
    EXPECT_TRUE(accepts(text)) << text << ": " << reason(text);
    EXPECT_TRUE(json::accept(text)) << text;
  }
}

TEST(JsonTree, RefusesWhatIsNoJson) {
  for (const char* text : {"",
                           " ",
                           "nul",
                           "nulll",
                           "True",
                           "NaN",
                           "Infinity",
                           "-",
                           "-a",
                           "01",
                           "+1",
                           ".5",
                           "1.",
                           "1.e1",
                           "1e",
                           "1e+",
                           "0x10",
                           "1 2",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "[",
                           "]",
                           "{",
                           "}",
                           "[}",
                           "{]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{\"a\":1 \"b\":2}",
                           "{1:2}",
                           "{\"a\" 1}",
                           "[1]]",
                           "{}}",
                           "'a'",
                           "\"",
                           "\"a",
                           "\"\\\"",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\\u",
                           "\"\n\"",
                           "\"\t\"",
                           "// c\n1",
                           "/* c */1",
                           "[1] // c",
                           "\xEF\xBB\xBF{}",
                           "\"\\ud83d\"",
                           "\"\\ude80\"",
                           "\"\\ude80\\ud83d\"",
                           "\"\\ud83dx\"",
                           "\"\\ud83d\\n\"",
                           "\"\\ud83d\\u0041\"",
                           "{\"\\ud800\":1}",
                           "\"\xFF\"",
                           "\"\xC3\"",
                           "\"\xC0\x80\"",
                           "\"\xED\xA0\x80\"",
                           "\"\xF4\x90\x80\x80\"",
                           "\xC3\xA9",
                           "\f1",
                           "\xC2\xA0"
                           "1"}) {
    EXPECT_FALSE(accepts(text)) << text;
    EXPECT_FALSE(json::accept(text) && std::string_view(text) != "\xEF\xBB\xBF{}")
        << text;  // it skips a BOM
  }
  EXPECT_FALSE(accepts(std::string_view("\"\0\"", 3)));
  EXPECT_FALSE(accepts(std::string_view("1\0", 2)));
  EXPECT_FALSE(accepts(std::string_view("[1\0]", 4)));
}

TEST(JsonTree, SaysWhyAndNeverWhat) {
  EXPECT_EQ(reason("\xEF\xBB\xBF{}"), "byte order mark: byte=0");
  EXPECT_EQ(reason("{\"a\":\"\\ud83d secret\"}"), "lone surrogate: byte=12");
  EXPECT_EQ(reason("[1,2,]"), "invalid JSON: byte=5");
  EXPECT_EQ(reason("\"\xff\""), "invalid UTF-8");
}

TEST(JsonTree, TakesADepthOf512AndNoMore) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(accepts(nested(511)));
  EXPECT_TRUE(accepts(nested(512)));
  EXPECT_EQ(reason(nested(513)), "nested deeper than 512: byte=512");
  EXPECT_FALSE(accepts(std::string(5'000'000, '[')));
  std::string objects = "1";
  for (int i = 0; i < 512; ++i) objects = "{\"k\":" + objects + "}";
  EXPECT_TRUE(accepts(objects));
  EXPECT_FALSE(accepts("[" + objects + "]"));
  std::string wide = "[";  // closed containers do not count
  for (int i = 0; i < 600; ++i) wide += "[],";
  EXPECT_TRUE(accepts(wide + "{}]"));
}

TEST(JsonTree, RefusesMoreValuesThanItHasRoomFor) {
  std::string many = "[0";
  for (std::size_t i = 2; i < JsonTree::kNodesMax; ++i) many += ",0";
  EXPECT_TRUE(accepts(many + "]"));
  EXPECT_FALSE(accepts(many + ",0]"));
}

TEST(JsonTree, KnowsTheBytesOfEachValue) {
  const std::string text = R"( {"s" : "a\"b", "n":-1.0e5 ,"l":[ true,null ] } )";
  const Result<JsonTree> tree = JsonTree::parse(text);
  ASSERT_TRUE(tree);
  const JsonValue root = tree->root();
  EXPECT_EQ(root.raw(), R"({"s" : "a\"b", "n":-1.0e5 ,"l":[ true,null ] })");
  EXPECT_EQ(root["s"].raw(), R"(a\"b)");
  EXPECT_EQ(root["s"].decoded(), "a\"b");
  EXPECT_EQ(root["s"].span(), (ByteSpan{9, 13}));
  EXPECT_EQ(root["n"].raw(), "-1.0e5");
  EXPECT_EQ(root["l"].raw(), "[ true,null ]");
  std::vector<std::string> items;
  for (JsonValue item : root["l"].items()) items.emplace_back(item.raw());
  EXPECT_EQ(items, (std::vector<std::string>{"true", "null"}));
}

TEST(JsonTree, FindsNothingWithoutAWord) {
  const std::string text = R"({"a":[{"b":1}],"s":"x"})";
  const Result<JsonTree> tree = JsonTree::parse(text);
  ASSERT_TRUE(tree);
  EXPECT_FALSE(tree->root()["x"]["y"]["z"].exists());
  EXPECT_FALSE(tree->root()["a"]["b"].exists());
  EXPECT_FALSE(tree->root()["s"]["b"].exists());
  for (JsonValue item : tree->root()["s"].items()) ADD_FAILURE() << item.raw();
  for (JsonValue item : JsonValue().items()) ADD_FAILURE() << item.raw();
  EXPECT_EQ(JsonValue().decoded(), "");
  EXPECT_EQ(tree->root()["a"].decoded(), "");
}

TEST(JsonTree, ComparesKeysDecoded) {
  const std::string text = R"({"\u0063ontent":1,"caf\u00e9":2})";
  const Result<JsonTree> tree = JsonTree::parse(text);
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->root()["content"].raw(), "1");
  EXPECT_EQ(tree->root()["café"].raw(), "2");
  EXPECT_FALSE(tree->root().has_duplicate_keys());
}

TEST(JsonTree, SeesEveryDuplicateKey) {
  const auto duplicate = [](std::string_view text) {
    const Result<JsonTree> tree = JsonTree::parse(text);
    EXPECT_TRUE(tree);
    return tree->root().has_duplicate_keys();
  };
  EXPECT_TRUE(duplicate(R"({"a":1,"a":1})"));
  EXPECT_TRUE(duplicate(R"({"a":1,"b":2,"\u0061":1})"));
  EXPECT_TRUE(duplicate(R"({"\u0061":{"x":[1]},"b":2,"\u0061":1})"));
  EXPECT_TRUE(duplicate(R"({"":1,"":1})"));
  EXPECT_TRUE(duplicate(R"({"/":1,"\/":1})"));
  EXPECT_FALSE(duplicate(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]})"));
  EXPECT_FALSE(duplicate(R"({"ab":1,"ba":2,"acb":3,"abc":4,"A":5,"a":6})"));
  // Many keys, so that any shortcut by hash must collide.
  std::string many = "{";
  for (int i = 0; i < 500; ++i)
    many += "\"key" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  EXPECT_FALSE(duplicate(many + "\"z\":0}"));
  EXPECT_TRUE(duplicate(many + "\"key250\":0}"));
}

// A slow twin in the other direction: random mutations of JSON are judged as nlohmann judges them.
TEST(JsonTree, JudgesMutatedJsonAsAnotherParserDoes) {
  const std::string seed =
      R"({"a":[1,-2.5e3,"x\u00e9\n\ud83d\ude80",null,true,false,{}],"b":{"c":"d","e":[[],[0]]},"é":"不"})";
  static constexpr std::string_view kBytes = "{}[]:,\"\\u0019dDeE.+-tfn /\n\x01\x80\xC3\xA9";
  std::mt19937 random(1);
  int valid = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string text = seed;
    for (std::size_t n = 1 + random() % 3; n > 0; --n) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = kBytes[random() % kBytes.size()];
          break;
        case 1:
          text.insert(at, 1, kBytes[random() % kBytes.size()]);
          break;
        default:
          text.erase(at, 1 + random() % 2);
      }
      if (text.empty()) text = "0";
    }
    const bool expected = json::accept(text);
    ASSERT_EQ(accepts(text), expected) << text;
    valid += expected;
  }
  EXPECT_GT(valid, 1000);
}

}  // namespace
}  // namespace pith
