// The command line: pith compress, count, explain, doctor, help and exit codes.
#include <boost/json.hpp>
#include <sstream>

#include "tests/process/harness/pith_process.h"

namespace pith::process {
namespace {

namespace json = boost::json;

Finished pith(std::vector<std::string> arguments, const std::string& input = "") {
  arguments.insert(arguments.begin(), pith_program());
  return run_program({arguments, {}, input}, Millis(30'000));
}

TEST(ShellTools, CompressShortensStandardInput) {
  const std::string text = prose(800);
  const Finished finished = pith({"compress"}, text);
  EXPECT_EQ(finished.status, 0) << finished.err;
  EXPECT_LT(finished.out.size(), text.size() * 2 / 3);
  EXPECT_FALSE(finished.out.empty());
  EXPECT_EQ(pith({"compress"}, text).out, finished.out) << "the same answer again";
}

TEST(ShellTools, CompressJsonTellsWhatWasKept) {
  TempDir dir;
  const std::string one = prose(500, 1), two = prose(700, 2);
  write_file(dir.path("one.txt"), one);
  write_file(dir.path("two.md"), two);
  const Finished finished =
      pith({"compress", "--rate", "0.4", "--json", dir.path("one.txt"), dir.path("two.md")});
  ASSERT_EQ(finished.status, 0) << finished.err;
  std::istringstream lines(finished.out);
  int n = 0;
  for (std::string line; std::getline(lines, line); ++n) {
    const std::string& text = n == 0 ? one : two;
    const json::value value = json::parse(line);
    EXPECT_NEAR(json::value_to<double>(value.at("achieved_rate")), 0.4, 0.03);
    std::string rebuilt;
    for (const auto& span : value.at("kept").as_array()) {
      const auto begin = json::value_to<std::size_t>(span.at(0)),
                 end = json::value_to<std::size_t>(span.at(1));
      rebuilt += text.substr(begin, end - begin);
    }
    EXPECT_EQ(rebuilt, json::value_to<std::string>(value.at("compressed_prompt")));
  }
  EXPECT_EQ(n, 2) << "one object a file";
}

TEST(ShellTools, DialsProtectionAndUnicode) {
  const std::string text = prose(600);
  const auto tokens = [&](const std::vector<std::string>& flags) {
    std::vector<std::string> arguments{"compress", "--json"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const Finished finished = pith(arguments, text);
    EXPECT_EQ(finished.status, 0) << finished.err;
    return json::value_to<std::int64_t>(json::parse(finished.out).at("compressed_tokens"));
  };
  EXPECT_NEAR(static_cast<double>(tokens({"--target-tokens", "200"})), 200.0, 4.0);
  EXPECT_LE(tokens({"--threshold", "0.9"}), tokens({"--threshold", "0.3"}));
  const std::string facts =
      "The order 48213 of 2024-03-09 must not be shipped to /srv/depot/7 under "
      "http://a.example/x?y=1. " +
      text;
  const Finished kept = pith({"compress", "--rate", "0.2", "--force-token", "harbour"}, facts);
  for (const char* word :
       {"48213", "2024-03-09", "not", "/srv/depot/7", "http://a.example/x?y=1"}) {
    EXPECT_NE(kept.out.find(word), std::string::npos) << word;
  }
  const Finished unicode = pith(
      {"compress", "--rate", "0.5"},
      "Die Grüße — 日本語のテキスト 👩‍🚀 naïve café Ωμέγα.\n" + text);
  EXPECT_EQ(unicode.status, 0);
  std::string quoted = json_string(unicode.out);
  EXPECT_TRUE(json::parse(quoted).is_string()) << "valid UTF-8";
}

TEST(ShellTools, ProseInJsonGoesUnlessProtected) {
  const std::string content = prose(500);
  json::object document{{"id", 7}, {"text", content}};
  const std::string text = json::serialize(document);
  const Finished finished = pith({"compress", "--json"}, text);
  ASSERT_EQ(finished.status, 0) << finished.err;
  const json::value answer = json::parse(finished.out);
  const json::value after =
      json::parse(json::value_to<std::string>(answer.at("compressed_prompt")));
  EXPECT_EQ(after.at("id"), 7);
  EXPECT_LT(after.at("text").as_string().size(), content.size() * 3 / 4);
  EXPECT_NE(json::serialize(answer.at("notes")).find("long prose in 1 JSON string"),
            std::string::npos);
  EXPECT_EQ(pith({"compress", "--protect", "json_text"}, text).out, text);
  EXPECT_EQ(pith({"compress", "--protect", "nothing"}, text).status, 2);
  const json::value call = {{"context", text}};
  const Finished lines = pith({"compress", "--jsonl"}, json::serialize(call) + "\n");
  EXPECT_EQ(json::parse(lines.out).at("compressed_prompt"), answer.at("compressed_prompt"));
}

TEST(ShellTools, JsonlAnswersInOrderAndMarksBadLines) {
  std::string input;
  for (int i = 0; i < 20; ++i) {
    input += "{\"context\": " +
             json_string(prose(100 + static_cast<std::size_t>(i) * 20, static_cast<unsigned>(i))) +
             ", \"options\": {\"rate\": 0.5}}\n";
    if (i == 7) input += "not json\n";
    if (i == 9) input += "{\"context\": \"x\", \"query\": \"who?\"}\n";
  }
  input += "{\"context\": [\"" + prose(60).substr(0, 20) + "\", \"second\"]}\n";
  const Finished finished = pith({"compress", "--jsonl"}, input);
  std::istringstream lines(finished.out);
  std::vector<json::value> answers;
  for (std::string line; std::getline(lines, line);) answers.push_back(json::parse(line));
  ASSERT_EQ(answers.size(), 23U) << finished.err;
  EXPECT_NE(answers[8].as_object().if_contains("error"), nullptr);
  EXPECT_NE(answers[11].as_object().if_contains("error"), nullptr);
  std::int64_t previous = 0;
  for (std::size_t i = 0; i < 22; ++i) {
    if (i == 8 || i == 11) continue;
    const auto tokens = json::value_to<std::int64_t>(answers[i].at("origin_tokens"));
    EXPECT_GT(tokens, previous) << "line " << i << " is out of order";
    previous = tokens;
  }
}

TEST(ShellTools, CompressSaysWhenThePolicyReadsNoQuery) {
  const Finished ngram = pith({"compress", "--policy", "ngram-en", "--query", "who?"}, prose(100));
  EXPECT_EQ(ngram.status, 2);
  EXPECT_NE(ngram.err.find("ngram-en reads no queries; --policy pith-linear"), std::string::npos)
      << ngram.err;
  EXPECT_EQ(pith({"compress", "--query", "who?"}, prose(100)).status, 0);
}

TEST(ShellTools, CountCounts) {
  const Finished plain = pith({"count"}, "hello world");
  EXPECT_EQ(plain.status, 0);
  EXPECT_NE(plain.out.find('2'), std::string::npos) << plain.out;
  const Finished other = pith({"count", "--tokenizer", "cl100k_base", "--json"}, "hello world");
  EXPECT_NE(other.out.find('2'), std::string::npos) << other.out;
  EXPECT_EQ(pith({"count", "--tokenizer", "nope"}, "x").status, 2);
}

TEST(ShellTools, ExplainIsPlainWhenPiped) {
  const Finished finished = pith({"explain"}, prose(100));
  // Words go by value: no keep_prob parts those that stay from those that go.
  EXPECT_NE(finished.err.find("keep_prob against tokens"), std::string::npos) << finished.err;
  EXPECT_EQ(finished.status, 0) << finished.err;
  EXPECT_FALSE(finished.out.empty());
  EXPECT_EQ(finished.out.find('\x1b'), std::string::npos);
  EXPECT_NE(pith({"explain", "--color"}, prose(100)).out.find('\x1b'), std::string::npos);
}

TEST(ShellTools, DoctorTellsWhatIsThere) {
  MockUpstream mock;
  TempDir dir;
  const Finished good = pith({"doctor", "--upstream", mock.url(), "--state", dir.path("state")});
  EXPECT_EQ(good.status, 0) << good.out << good.err;
  EXPECT_NE(good.out.find("upstream"), std::string::npos) << good.out;
  const Finished bad =
      pith({"doctor", "--upstream", "http://127.0.0.1:9", "--state", dir.path("state")});
  EXPECT_EQ(bad.status, 1) << bad.out;
}

TEST(ShellTools, HelpVersionAndWrongUsage) {
  const Finished version = pith({"--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_NE(version.out.find("0.1"), std::string::npos) << version.out;
  for (const char* command :
       {"serve", "proxy", "compressd", "compress", "count", "explain", "doctor"}) {
    const Finished help = pith({command, "--help"});
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_GT(help.out.size(), 100U) << command;
  }
  EXPECT_NE(pith({"--help"}).out.find("serve"), std::string::npos);
  EXPECT_EQ(pith({"--no-such"}).status, 2);
  EXPECT_EQ(pith({"nonsense"}).status, 2);
  EXPECT_EQ(pith({}).status, 2);
  EXPECT_EQ(pith({"compress", "--rate", "7"}, "x").status, 2);
  EXPECT_EQ(pith({"compress", "--rate", "0.5", "--target-tokens", "5"}, "x").status, 2);
  EXPECT_EQ(pith({"compress", "/no/such/file"}).status, 1);
  EXPECT_EQ(pith({"compress"}, "broken \xff utf-8").out, "broken \xff utf-8")
      << "not text: left as it is";
}

}  // namespace
}  // namespace pith::process
