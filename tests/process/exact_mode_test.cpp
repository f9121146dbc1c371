// pith compress --exact: every recorded run of the reference as a line, and the flags.
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/process/harness/pith_process.h"

namespace pith::process {
namespace {

namespace json = boost::json;

const std::string kGolden = PITH_SHARED "/golden/";

Finished exact(std::vector<std::string> flags, const std::string& input = "") {
  std::vector<std::string> arguments{pith_program(), "compress", "--exact"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return run_program({arguments, {}, input}, Millis(50'000));
}

std::vector<json::value> rows_of(const std::string& model) {
  std::vector<json::value> rows;
  std::ifstream file(kGolden + "llmlingua2.jsonl");
  for (std::string line; std::getline(file, line);) {
    json::value row = json::parse(line);
    if (row.at("model").as_string() == model) rows.push_back(std::move(row));
  }
  return rows;
}

void expect_recorded_results(const std::string& model) {
  if (!std::filesystem::exists(kGolden)) GTEST_SKIP() << "needs the folder ../shared";
  const std::vector<json::value> rows = rows_of(model);
  ASSERT_EQ(rows.size(), 239U);
  std::string input;
  for (const json::value& row : rows) input += json::serialize(row) + "\n";
  const Finished finished = exact({"--policy", kGolden + "models/" + model, "--jsonl"}, input);
  ASSERT_EQ(finished.status, 0) << finished.err;
  std::istringstream lines(finished.out);
  for (const json::value& row : rows) {
    std::string line;
    ASSERT_TRUE(std::getline(lines, line));
    const json::object& fast = row.at("fast").as_object();
    if (!fast.contains("result") || row.as_object().contains("fragile")) continue;
    EXPECT_EQ(json::parse(line), (json::value{{"result", fast.at("result")}})) << row.at("id");
  }
}

TEST(ExactMode, XlmRobertaAnswersAreTheRecordedOnes) {
  expect_recorded_results("xlm-roberta-large-tiny-a");
}

TEST(ExactMode, BertAnswersAreTheRecordedOnes) {
  expect_recorded_results("bert-base-multilingual-cased-tiny-a");
}

TEST(ExactMode, FlagsAreTheOptionsOfALine) {
  if (!std::filesystem::exists(kGolden)) GTEST_SKIP() << "needs the folder ../shared";
  const std::string folder = kGolden + "models/bert-base-multilingual-cased-tiny-a";
  const std::string text = "The quick brown fox.\nIt jumps over 2 lazy dogs, twice.\nAnd again.";
  const json::value request{
      {"context", text},
      {"options", {{"rate", 0.33}, {"force_tokens", {"\n", "."}}, {"drop_consecutive", true}}}};
  const Finished line = exact({"--policy", folder, "--jsonl"}, json::serialize(request));
  ASSERT_EQ(line.status, 0) << line.err;
  const json::value result = json::parse(line.out).at("result");
  const std::vector<std::string> flags{"--policy",          folder, "--rate",        "0.33",
                                       "--force-token",     "\\n",  "--force-token", ".",
                                       "--drop-consecutive"};
  EXPECT_EQ(exact(flags, text).out, result.at("compressed_prompt").as_string());
  std::vector<std::string> json_flags = flags;
  json_flags.emplace_back("--json");
  EXPECT_EQ(json::parse(exact(json_flags, text).out), result);
}

TEST(ExactMode, BadLineIsAnsweredAndTheNextOneToo) {
  if (!std::filesystem::exists(kGolden)) GTEST_SKIP() << "needs the folder ../shared";
  const Finished finished =
      exact({"--policy", kGolden + "models/xlm-roberta-large-tiny-a", "--jsonl"},
            "{\"context\":\"\\ud800\"}\n\n{\"context\":\"\"}\n");
  EXPECT_EQ(finished.status, 0);
  std::istringstream lines(finished.out);
  std::string bad, good;
  std::getline(lines, bad);
  std::getline(lines, good);
  EXPECT_TRUE(json::parse(bad).as_object().contains("error")) << bad;
  EXPECT_TRUE(json::parse(good).as_object().contains("result")) << good;
}

TEST(ExactMode, NeedsAModelsFolderAndNoNativeFlags) {
  TempDir dir;
  EXPECT_EQ(exact({}).status, 2);
  EXPECT_NE(exact({}).err.find("--policy DIR"), std::string::npos);
  EXPECT_EQ(exact({"--policy", "ngram-en"}).status, 2);
  EXPECT_EQ(exact({"--policy", dir.path(""), "--precision", "float64"}).status, 2);
  EXPECT_EQ(exact({"--policy", dir.path(""), "--threshold", "0.5"}).status, 2);
  const Finished empty = exact({"--policy", dir.path("")});
  EXPECT_EQ(empty.status, 1);
  EXPECT_NE(empty.err.find("config.json"), std::string::npos) << empty.err;
}

}  // namespace
}  // namespace pith::process
