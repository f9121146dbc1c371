#include "stages/structure/json_scan.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <random>
#include <string>

namespace pith {
namespace {

std::string without_blanks(std::string_view text, const JsonScan& scan) {
  std::string out;
  std::size_t at = 0;
  for (const ByteSpan& blank : scan.blanks) {
    out.append(text.substr(at, blank.begin - at));
    at = blank.end;
  }
  return out.append(text.substr(at, scan.end - at));
}

// The slow twin: simdjson's parser says what is JSON.
bool simdjson_accepts(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  return parser.parse(simdjson::padded_string(text)).get(element) == simdjson::SUCCESS;
}

TEST(JsonScan, CutsBlanksOutsideStringsOnly) {
  const std::string_view text = "{ \"a b\" : [ 1 , 2.50 , -0e+7 ] ,\n\t\"c\\\" \" : \" x  y \" }";
  const JsonScan scan = scan_json(text, 0);
  ASSERT_TRUE(scan.valid);
  EXPECT_EQ(scan.end, text.size());
  EXPECT_EQ(without_blanks(text, scan), "{\"a b\":[1,2.50,-0e+7],\"c\\\" \":\" x  y \"}");
}

TEST(JsonScan, ReportsLongStringValuesAndNoKeys) {
  const std::string fill(kLiteralStringBytesMax, 'a');
  const std::string text = "{\"" + fill + "+\": \"" + fill + "\", \"k\": [\"" + fill + "\\n\"]}";
  const JsonScan scan = scan_json(text, 0);
  ASSERT_TRUE(scan.valid);
  ASSERT_EQ(scan.long_strings.size(), 1U);
  const ByteSpan value = scan.long_strings[0];
  EXPECT_EQ(text.substr(value.begin, value.end - value.begin), fill + "\\n");
  EXPECT_TRUE(scan_json(text.substr(0, text.size() - 1) + "!", 0).long_strings.empty());
}

TEST(JsonScan, TellsWhatIsCutFromWhatIsNoJson) {
  for (const std::string_view text :
       {"{", "[", "[1,", "[1", "[-", "[1.", "[1e", "[1e+", "[tr", "[\"op", "[\"\\", "[\"\\u00e",
        "{\"a", "{\"a\"", "{\"a\":", "{\"a\": {}, ", "[[[", "{\"a\":[1,{\"b\":null"}) {
    const JsonScan scan = scan_json(text, 0);
    EXPECT_FALSE(scan.valid) << text;
    EXPECT_TRUE(scan.cut) << text;
    EXPECT_EQ(scan.end, text.size()) << text;
  }
  for (const std::string_view text :
       {"[1 2", "[tru ", "[01", "{\"a\":,", "{a", "[1,]", "[\"\\x", "[\"\\u12g", "['", "[\"a\n"}) {
    EXPECT_FALSE(scan_json(text, 0).cut) << text;
  }
  EXPECT_FALSE(scan_json("[1]", 0).cut);
}

TEST(JsonScan, AgreesWithSimdjsonOnWhatIsCut) {
  // Whatever begins a document is cut, unless it is whole.
  const std::string text =
      R"([ {"id": -1.5e+3, "k": [true, null, ""], "a\\": "b\u00e9\n"}, false ])";
  ASSERT_TRUE(simdjson_accepts(text));
  for (std::size_t size = 1; size < text.size(); ++size) {
    EXPECT_TRUE(scan_json(text.substr(0, size), 0).cut) << text.substr(0, size);
  }
}

TEST(JsonScan, CutDocumentKeepsItsBlanksAndStrings) {
  const std::string fill(kLiteralStringBytesMax, 'a');
  const std::string text = "{ \"k\": [\"" + fill + "\\n\", \"" + fill + " b\\u00";
  const JsonScan scan = scan_json(text, 0);
  ASSERT_TRUE(scan.cut);
  EXPECT_EQ(scan.blanks.size(), 3U);
  ASSERT_EQ(scan.long_strings.size(), 2U);
  const ByteSpan value = scan.long_strings[1];
  EXPECT_EQ(text.substr(value.begin, value.end - value.begin), fill + " b");
  // A blank at the cut may not be one of the document's.
  EXPECT_EQ(scan_json("[1, 2 ", 0).blanks.size(), 1U);
}

TEST(JsonScan, StopsAfterTheValue) {
  const JsonScan scan = scan_json("{\"a\":1} and more", 0);
  EXPECT_TRUE(scan.valid);
  EXPECT_EQ(scan.end, 7U);
}

TEST(JsonScan, RefusesWhatIsNotJson) {
  for (const std::string_view text :
       {"{",     "[1,]",       "{\"a\":}",   "{a:1}", "[01]",  "[1.]",      "[+1]",
        "['a']", "[\"\\x\"]",  "[\"a\nb\"]", "[tru]", "[1 2]", "{\"a\" 1}", "[\"\\u12g4\"]",
        "[1}",   "{\"a\":1,}", "[.5]",       "[1e]",  "[NaN]", "[]]x",      "[\"open"}) {
    const JsonScan scan = scan_json(text, 0);
    EXPECT_TRUE(!scan.valid || scan.end < text.size()) << text;
    EXPECT_TRUE(scan.valid || scan.blanks.empty()) << text;
  }
}

TEST(JsonScan, DepthIsNotBoundedByTheStack) {
  const std::string deep = std::string(2'000'000, '[') + std::string(2'000'000, ']');
  EXPECT_TRUE(scan_json(deep, 0).valid);
  EXPECT_FALSE(scan_json(std::string(2'000'000, '['), 0).valid);
}

TEST(JsonScan, AgreesWithSimdjsonOnMutatedDocuments) {
  const std::string seed =
      R"({"id": 12, "ok": true, "none": null, "list": [1, -2.5, "a\u00e9\n", {"k": []}], "s": "x y"})";
  std::mt19937 random(7);
  const std::string bytes = "{}[]\":, \\0123456789.eE+-truefalsn\n";
  int valid = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = seed;
    const int edits = 1 + static_cast<int>(random() % 2);
    for (int i = 0; i < edits; ++i)
      text[1 + random() % (text.size() - 2)] = bytes[random() % bytes.size()];
    const JsonScan scan = scan_json(text, 0);
    const bool whole = scan.valid && scan.end == text.size();
    ASSERT_EQ(whole, simdjson_accepts(text)) << text;
    if (!whole) continue;
    ++valid;
    simdjson::dom::parser parser;
    const std::string before =
        simdjson::minify(parser.parse(simdjson::padded_string(text)).value());
    const std::string after = without_blanks(text, scan);
    ASSERT_EQ(simdjson::minify(parser.parse(simdjson::padded_string(after)).value()), before);
    ASSERT_LE(after.size(), text.size());
  }
  EXPECT_GT(valid, 1000);
}

}  // namespace
}  // namespace pith
