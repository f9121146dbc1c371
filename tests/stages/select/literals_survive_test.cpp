// An extractor that shares no code with protect.h finds literals in tool output and counts them
// before and after.
#include <gtest/gtest.h>
#include <simdjson.h>
#include <zstd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <string>

#include "tests/stages/select/prompt.h"

namespace pith {
namespace {

using Counts = std::map<std::string, int>;

const std::vector<std::pair<std::string, std::regex>>& patterns() {
  static const std::vector<std::pair<std::string, std::regex>> kPatterns = [] {
    std::vector<std::pair<std::string, std::regex>> out;
    const auto add = [&](const std::string& name, const std::string& pattern) {
      out.emplace_back(name, std::regex(pattern, std::regex::optimize));
    };
    add("number", R"([0-9]+(?:[.,:/-][0-9]+)*)");
    add("url", R"(https?://[A-Za-z0-9._~:/?#@!$&*+,;=%-]*[A-Za-z0-9/])");
    add("email", R"([A-Za-z0-9._+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]*[A-Za-z0-9])");
    add("path", R"((?:/[A-Za-z0-9_.-]*[A-Za-z0-9_]){2,})");
    add("file",
        R"([A-Za-z0-9_-]+\.(?:py|cc|cpp|h|js|ts|json|md|txt|yml|yaml|toml|rs|go|java|xml|html|css|sh|log|csv)\b)");
    add("snake", R"([A-Za-z0-9]+(?:_[A-Za-z0-9]+)+)");
    add("camel", R"(\b[a-z]+(?:[A-Z][a-z0-9]+)+\b)");
    add("scope", R"([A-Za-z0-9_]+(?:::[A-Za-z0-9_]+)+)");
    add("flag", R"([ \n(]--[a-z][a-z0-9-]+)");
    add("code", R"(`[^`\n]{1,80}`)");
    add("quoted", R"re("[^"\n ][^"\n]{0,100}")re");
    add("negation",
        R"(\b(?:not|never|no|none|nothing|nobody|cannot|without|nicht|kein|keine|nie|jamais|sans|nunca|sin|senza|nem)\b|n't\b)");
    return out;
  }();
  return kPatterns;
}

// Only where the quotes of a line are balanced can anybody say what is quoted.
bool balanced(const std::string& text, std::size_t at, char quote) {
  const std::size_t begin =
      text.rfind('\n', at) == std::string::npos ? 0 : text.rfind('\n', at) + 1;
  const std::size_t end = std::min(text.find('\n', at), text.size());
  int before = 0;
  int all = 0;
  for (std::size_t i = begin; i < end; ++i) {
    if (text[i] != quote) continue;
    ++all;
    before += i < at ? 1 : 0;
  }
  const bool opens = at == 0 || std::string(" \n\t([{=:,").find(text[at - 1]) != std::string::npos;
  return all % 2 == 0 && before % 2 == 0 && (opens || quote == '`');
}

// A long string of JSON is read decoded: \n before a word is no letter of it.
std::string with_line_ends(std::string text) {
  for (std::size_t at = text.find('\\'); at != std::string::npos; at = text.find('\\', at + 2)) {
    if (text.compare(at, 2, "\\n") == 0) text.replace(at, 2, " \n");
  }
  return text;
}

Counts literals(const std::string& text) {
  Counts counts;
  for (const auto& [name, pattern] : patterns()) {
    for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
      const auto at = static_cast<std::size_t>(it->position());
      if (name == "quoted" && !balanced(text, at, '"')) continue;
      if (name == "code" && !balanced(text, at, '`')) continue;
      const std::size_t skip = name == "flag" ? 1 : 0;  // what stands before it
      ++counts[name + " " + it->str().substr(skip)];
    }
  }
  return counts;
}

int occurrences(const std::string& text, const std::string& part) {
  int n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

// Literals of `before` that are in `after` less often. Folded lines may lose all but one.
std::vector<std::string> lost(const std::string& before, const std::string& after, bool folded) {
  std::vector<std::string> out;
  for (const auto& [named, count] : literals(before)) {
    const std::string literal = named.substr(named.find(' ') + 1);
    const int needed = folded ? 1 : count;
    if (occurrences(after, literal) < needed) out.push_back(named);
  }
  return out;
}

void expect_nothing_lost(const std::string& name, const std::string& source, float rate,
                         std::size_t& num_literals) {
  auto [reply, out] = testing::compress(source, testing::at_rate(rate));
  const bool json = std::find(reply.transforms.begin(), reply.transforms.end(), "json_prose") !=
                    reply.transforms.end();
  const std::string text = json ? with_line_ends(source) : source;
  if (json) out = with_line_ends(std::move(out));
  bool folded = false;
  for (const std::string& transform : reply.transforms) folded = folded || transform == "log_fold";
  for (const std::string& literal : lost(text, out, folded))
    ADD_FAILURE() << name << " at " << rate << " lost " << literal;
  num_literals += literals(text).size();
}

TEST(LiteralsSurvive, OnTheSamples) {
  std::size_t num_literals = 0;
  for (const auto& [name, text] : testing::sample_files()) {
    expect_nothing_lost(name, text, 0.5F, num_literals);
    expect_nothing_lost(name, text, 0.1F, num_literals);
  }
  EXPECT_GT(num_literals, 300U);
}

// The test above can fail: without protection the extractor sees losses of every sort.
TEST(LiteralsSurvive, TheExtractorSeesWhatIsLostWithoutProtection) {
  CompressOptions options = testing::at_rate(0.2F);
  options.protect = 0;
  std::map<std::string, int> sorts;
  for (const auto& [name, text] : testing::sample_files()) {
    for (const std::string& literal : lost(text, testing::compress(text, options).text, false)) {
      ++sorts[literal.substr(0, literal.find(' '))];
    }
  }
  for (const std::string sort :
       {"number", "url", "path", "file", "snake", "scope", "code", "quoted", "negation"}) {
    EXPECT_GT(sorts[sort], 0) << sort;
  }
}

std::string read_zst(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string packed(std::istreambuf_iterator<char>(in), {});
  std::string out(64U << 20U, '\0');
  ZSTD_DCtx* context = ZSTD_createDCtx();
  ZSTD_inBuffer input = {packed.data(), packed.size(), 0};
  ZSTD_outBuffer output = {out.data(), out.size(), 0};
  while (input.pos < input.size &&
         ZSTD_isError(ZSTD_decompressStream(context, &output, &input)) == 0U &&
         output.pos < output.size) {
  }
  ZSTD_freeDCtx(context);
  out.resize(output.pos);
  return out;
}

class LiteralsSurviveIn : public ::testing::TestWithParam<const char*> {};

TEST_P(LiteralsSurviveIn, SharedData) {
  const std::string path = std::string(PITH_SHARED "/data/") + GetParam() + ".jsonl.zst";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no ../shared/data here";
  const std::string lines = read_zst(path);
  simdjson::dom::parser parser;
  std::map<std::string, int> per_source;
  std::size_t num_literals = 0;
  int texts = 0;
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', begin), lines.size());
    const simdjson::dom::element record = parser.parse(lines.substr(begin, end - begin));
    begin = end + 1;
    std::string source(record["source"].get_string().value());
    source = source.substr(0, source.find(':'));
    if (++per_source[source] > 4) continue;
    std::string text(record["text"].get_string().value());
    // Whole lines, few enough for regular expressions.
    if (text.size() > 4000)
      text.resize(text.rfind('\n', 4000) == std::string::npos ? 0 : text.rfind('\n', 4000) + 1);
    if (text.empty()) continue;
    ++texts;
    expect_nothing_lost(source, text, 0.4F, num_literals);
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(texts, 30);
  EXPECT_GT(num_literals, 1000U);
}

INSTANTIATE_TEST_SUITE_P(
    Files, LiteralsSurviveIn, ::testing::Values("distill.valid", "text-core.valid"),
    [](const auto& file) {
      return std::string(file.param).substr(0, std::string(file.param).find_first_of(".-"));
    });

}  // namespace
}  // namespace pith
