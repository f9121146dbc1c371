#include "stages/model_files/json_field.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stages/model_files/json_text.h"

namespace pith {
namespace {

using testing::HasSubstr;

std::string fault_of(std::string_view document) { return json_fault(document).value_or(""); }

TEST(JsonFault, ValidDocumentsHaveNone) {
  for (const char* document : {"{}", " [ ] ", "0", "-1.5e+10", "\"\"", "true",
                               R"({"a":[1,{"b":null}],"c":"\u00e9\ud83d\ude00"})", "[1,2,3]\n",
                               R"("\"\\\/\b\f\n\r\t")", "\"\xC3\xA9\""}) {
    EXPECT_EQ(fault_of(document), "") << document;
  }
}

TEST(JsonFault, MalformedDocumentsHaveOne) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view document : {""sv,
                                          " "sv,
                                          "{"sv,
                                          "["sv,
                                          "[1"sv,
                                          "[1,]"sv,
                                          "[,1]"sv,
                                          "[1 2]"sv,
                                          "{\"a\"}"sv,
                                          "{\"a\":}"sv,
                                          "{\"a\":1,}"sv,
                                          "{a:1}"sv,
                                          "{1:1}"sv,
                                          "[}"sv,
                                          "{]"sv,
                                          "1 1"sv,
                                          "01"sv,
                                          "+1"sv,
                                          "1."sv,
                                          ".5"sv,
                                          "1e"sv,
                                          "-"sv,
                                          "tru"sv,
                                          "truex"sv,
                                          "NaN"sv,
                                          "Infinity"sv,
                                          "'a'"sv,
                                          "\"a"sv,
                                          "\"\\x\""sv,
                                          "\"\\u12g4\""sv,
                                          "\"\\u123"sv,
                                          "\"\\ud800\""sv,
                                          "\"\\udc00\""sv,
                                          "\"\\ud800\\u0041\""sv,
                                          "\"\\"sv,
                                          "\"\n\""sv,
                                          "\"\xFF\""sv,
                                          "\"\xC3\""sv,
                                          "\"\xED\xA0\x80\""sv,
                                          "\0"sv,
                                          "[1]\0"sv,
                                          "\"\\\0\""sv}) {
    EXPECT_NE(fault_of(document), "") << document;
  }
}

TEST(JsonFault, MemberNamedTwiceIsOneHoweverItIsSpelled) {
  EXPECT_THAT(fault_of(R"({"a":1,"b":2,"a":3})"), HasSubstr("twice"));
  EXPECT_THAT(fault_of(R"({"x":{"a":1,"\u0061":3}})"), HasSubstr("twice"));
  EXPECT_EQ(fault_of(R"({"a":{"a":1},"b":{"a":1}})"), "");
}

TEST(JsonFault, DepthIsBounded) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_EQ(fault_of(nested(kJsonDepthMax)), "");
  EXPECT_THAT(fault_of(nested(kJsonDepthMax + 1)), HasSubstr("deep"));
  EXPECT_THAT(fault_of(std::string(1000000, '[')), HasSubstr("deep"));
}

JsonField parsed(std::string_view document) {
  auto field = JsonField::parse(document);
  EXPECT_TRUE(field) << field.error().detail;
  return *std::move(field);
}

TEST(JsonField, FindsMembersBehindNestedOnesAndSkipsNull) {
  const JsonField root =
      parsed(R"( {"a":{"b":[1,"}"]}, "n" : null , "c\u0064" : -7 , "e":"\ud83d\ude00\n" } )");
  EXPECT_FALSE(root.find("b"));
  EXPECT_FALSE(root.find("n"));
  EXPECT_EQ(*root.find("cd")->integer(-10, 10), -7);
  EXPECT_EQ(*root.find("e")->string(), "\xF0\x9F\x98\x80\n");
  EXPECT_EQ(root.at("q").error().detail, "the file: no \"q\"");
  EXPECT_EQ(root.find("a")->at("q").error().detail, "a: no \"q\"");
}

TEST(JsonField, WalksArraysAndObjectsInOrder) {
  const JsonField root = parsed(R"({"list":[ 1 ,"two",[3], {} ],"none":[],"empty":{ }})");
  const auto list = root.find("list")->elements();
  ASSERT_TRUE(list);
  std::vector<std::string> names;
  for (const JsonField& element : *list) names.push_back(element.name());
  EXPECT_THAT(names, testing::ElementsAre("list[0]", "list[1]", "list[2]", "list[3]"));
  EXPECT_TRUE((*list).begin() != (*list).end());
  const auto none = root.find("none")->elements();
  EXPECT_TRUE(none->begin() == none->end());
  const auto empty = root.find("empty")->members();
  EXPECT_TRUE(empty->begin() == empty->end());
  const auto members = root.members();
  std::vector<std::string> keys;
  for (const JsonMember& member : *members) keys.push_back(member.key + "=" + member.value.name());
  EXPECT_THAT(keys, testing::ElementsAre("list=list", "none=none", "empty=empty"));
}

TEST(JsonField, IntegersAreStrict) {
  const JsonField root = parsed(R"([1.0,1e3,9223372036854775808,"1",true,5,-0])");
  std::vector<bool> read;
  const auto list = root.elements();
  for (const JsonField& element : *list) read.push_back(static_cast<bool>(element.integer(0, 9)));
  EXPECT_THAT(read, testing::ElementsAre(false, false, false, false, false, true, true));
  EXPECT_FALSE(parsed("5").integer(6, 9));
  EXPECT_FALSE(parsed("10").integer(6, 9));
}

TEST(JsonField, NumbersOutOfRangeAreErrors) {
  EXPECT_EQ(*parsed("-1.5e2").number(), -150.0);
  EXPECT_FALSE(parsed("1e999").number());
  EXPECT_FALSE(parsed("\"1\"").number());
}

TEST(JsonField, ErrorsNameTheFieldInPrintableForm) {
  const JsonField root = parsed(R"({"a\u0001\"":{"b":1}})");
  const auto members = root.members();
  const JsonMember member = *members->begin();
  EXPECT_EQ(member.value.find("b")->string().error().detail, "a??.b: not a string");
  EXPECT_EQ(printable_name(std::string(79, 'x') + "\xC3\xA9" + "tail"),
            std::string(79, 'x') + "...");
}

}  // namespace
}  // namespace pith
