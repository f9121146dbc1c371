// Every fixture, every API: exactly the listed strings may change, and an edit changes nothing
// else. The checker is another JSON parser: nlohmann's.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>

#include "tests/apps/providers/request_case.h"

namespace pith {
namespace {

using nlohmann::json;

class RequestFixtures : public testing::TestWithParam<RequestCase> {
 protected:
  void SetUp() override {
    body_ = read_fixture(GetParam().file);
    Result<ParsedRequest> parsed =
        parse_request(GetParam().api, usual_target(GetParam().api), body_);
    ASSERT_TRUE(parsed) << parsed.error().detail;
    request_ = *std::move(parsed);
    std::istringstream lines{std::string(GetParam().texts)};
    for (std::string line; std::getline(lines, line);) expected_.push_back(line);
  }

  std::string pointer(std::size_t i) const {
    return expected_[i].substr(0, expected_[i].find(' '));
  }

  // JSON pointers at which two bodies differ.
  static std::set<std::string> differences(const std::string& before, const std::string& after) {
    std::set<std::string> paths;
    for (const json& op : json::diff(json::parse(before), json::parse(after))) {
      EXPECT_EQ(op["op"], "replace");
      paths.insert(op["path"].get<std::string>());
    }
    return paths;
  }

  std::string body_;
  ParsedRequest request_;
  std::vector<std::string> expected_;
};

std::string describe(const EditableText& text) {
  static const char* const kKinds[] = {"?",    "plain",  "user",     "document",
                                       "tool", "system", "assistant"};
  return std::string(" ") + kKinds[static_cast<int>(text.kind)] + (text.last_turn ? " last" : "") +
         (text.prefill ? " prefill" : "") + " #" + std::to_string(text.turn);
}

TEST_P(RequestFixtures, ListsExactlyTheTextsThatMayChange) {
  std::vector<std::string> actual;
  for (std::size_t i = 0; i < request_.texts.size(); ++i) {
    const EditableText& text = request_.texts[i];
    // Where it stands is found out by an edit of it alone.
    const std::string edited = splice_body(body_, {{text.raw, "an unlikely new text"}});
    const std::set<std::string> paths = differences(body_, edited);
    ASSERT_EQ(paths.size(), 1U);
    EXPECT_EQ(json::parse(body_)[json::json_pointer(*paths.begin())], text.text);
    actual.push_back(*paths.begin() + describe(text));
  }
  EXPECT_EQ(actual, expected_);
}

TEST_P(RequestFixtures, TellsTheApi) {
  EXPECT_EQ(request_.api, GetParam().api);
  const bool in_body = json::parse(body_).contains("model");
  const bool gemini =
      GetParam().api == Api::kGeminiGenerate || GetParam().api == Api::kGeminiCountTokens;
  if (in_body) {
    EXPECT_EQ(request_.model, json::parse(body_)["model"].get<std::string>());
  }
  if (gemini) {
    EXPECT_EQ(request_.model, "gemini-2.5-flash");
  }
}

TEST_P(RequestFixtures, NoEditGivesTheSameBytes) { EXPECT_EQ(splice_body(body_, {}), body_); }

TEST_P(RequestFixtures, SayingTheSameAgainGivesTheSameBytes) {
  std::vector<BodyEdit> edits;
  for (const EditableText& text : request_.texts) edits.push_back({text.raw, text.text});
  EXPECT_EQ(splice_body(body_, edits), body_);
}

std::string random_text(std::mt19937& random) {
  static const std::string kPieces[] = {"word ",
                                        "\"",
                                        "\\",
                                        "\n",
                                        "\t",
                                        "\x01",
                                        "é",
                                        "\u2028",
                                        "不",
                                        "🚀",
                                        "/",
                                        "\x7f",
                                        "\r\n",
                                        "\\u0041",
                                        "</think>",
                                        "{\"a\":",
                                        "'",
                                        "",
                                        std::string(1, '\0')};
  std::string text = "new ";
  for (std::size_t n = random() % 12; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
  return text + std::to_string(random());
}

TEST_P(RequestFixtures, RandomEditsChangeTheseStringsAndNoOtherByte) {
  std::mt19937 random(7);
  for (int round = 0; round < 30; ++round) {
    std::vector<BodyEdit> edits;
    std::set<std::string> pointers;
    json wanted = json::parse(body_);
    for (std::size_t i = 0; i < request_.texts.size(); ++i) {
      if (random() % 2 == 0) continue;
      edits.push_back({request_.texts[i].raw, random_text(random)});
      pointers.insert(pointer(i));
      wanted[json::json_pointer(pointer(i))] = edits.back().text;
    }
    const std::string edited = splice_body(body_, edits);
    ASSERT_EQ(json::parse(edited), wanted);
    EXPECT_EQ(differences(body_, edited), pointers);

    // Bytes outside, left to right: after each span the output goes on behind its own closing
    // quote.
    std::size_t at = 0, out = 0;
    for (const BodyEdit& edit : edits) {
      ASSERT_EQ(edited.compare(out, edit.raw.begin - at, body_, at, edit.raw.begin - at), 0);
      out += edit.raw.begin - at;
      while (edited[out] != '"') out += edited[out] == '\\' ? 2 : 1;
      at = edit.raw.end;
    }
    EXPECT_EQ(edited.substr(out), body_.substr(at));
  }
}

std::string case_name(const testing::TestParamInfo<RequestCase>& info) {
  std::string name = std::string(info.param.file.substr(0, info.param.file.find('.'))) + "_as_" +
                     std::string(to_string(info.param.api));
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}
INSTANTIATE_TEST_SUITE_P(Providers, RequestFixtures, testing::ValuesIn(request_cases()), case_name);

}  // namespace
}  // namespace pith
