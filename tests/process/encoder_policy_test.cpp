// A Hugging Face folder with an LLMLingua-2 encoder as the policy of every subcommand.
#include <boost/json.hpp>
#include <filesystem>

#include "tests/process/harness/serve_test.h"

namespace pith::process {
namespace {

namespace json = boost::json;

const std::string kBert = PITH_TEST_DATA "/score/bert-tiny";
const std::string kXlmRoberta = PITH_TEST_DATA "/score/xlm-roberta-tiny";

Finished pith(std::vector<std::string> arguments, const std::string& input = "") {
  arguments.insert(arguments.begin(), pith_program());
  return run_program({arguments, {}, input}, Millis(30'000));
}

TEST(EncoderTools, CompressTakesAFolder) {
  const std::string text = prose(400) +
                           " Gr\xC3\xBC\xC3\x9F"
                           "e \xF0\x9F\x98\x80 \xE4\xB8\xAD\xE6\x96\x87.\n";
  for (const std::string& folder : {kBert, kXlmRoberta}) {
    for (const char* precision : {"float32", "int8"}) {
      const Finished finished = pith(
          {"compress", "--policy", folder, "--rate", "0.4", "--json", "--precision", precision},
          text);
      ASSERT_EQ(finished.status, 0) << finished.err;
      const json::value answer = json::parse(finished.out);
      EXPECT_NEAR(json::value_to<double>(answer.at("achieved_rate")), 0.4, 0.02);
      std::string rebuilt;
      for (const auto& span : answer.at("kept").as_array()) {
        const auto begin = json::value_to<std::size_t>(span.at(0));
        rebuilt += text.substr(begin, json::value_to<std::size_t>(span.at(1)) - begin);
      }
      EXPECT_EQ(rebuilt, json::value_to<std::string>(answer.at("compressed_prompt")));
      EXPECT_EQ(json::value_to<std::string>(answer.at("policy")).size(), 64U);
    }
  }
}

TEST(EncoderTools, FoldersDiffer) {
  const std::string text = prose(300);
  const Finished bert = pith({"compress", "--policy", kBert}, text);
  EXPECT_EQ(bert.status, 0) << bert.err;
  EXPECT_NE(bert.out, pith({"compress", "--policy", kXlmRoberta}, text).out);
  EXPECT_NE(bert.out, pith({"compress"}, text).out);
}

TEST(EncoderTools, ExplainShowsItsScores) {
  const Finished finished =
      pith({"explain", "--policy", kBert}, "the quiet river \xF0\x9F\x98\x80");
  ASSERT_EQ(finished.status, 0) << finished.err;
  EXPECT_NE(finished.out.find("\xF0\x9F\x98\x80"), std::string::npos) << finished.out;
  EXPECT_NE(finished.err.find("bert-tiny"), std::string::npos) << finished.err;
}

TEST(EncoderTools, WrongFolderAndPrecisionAreToldPlainly) {
  TempDir dir;
  const Finished empty = pith({"compress", "--policy", dir.path("")}, "x");
  EXPECT_EQ(empty.status, 1);
  EXPECT_NE(empty.err.find("config.json"), std::string::npos) << empty.err;
  std::filesystem::copy(kBert, dir.path("bert-tiny"));
  write_file(dir.path("bert-tiny/model.safetensors"), "not tensors at all");
  const Finished broken = pith({"compress", "--policy", dir.path("bert-tiny")}, "x");
  EXPECT_EQ(broken.status, 1);
  EXPECT_NE(broken.err.find("model.safetensors: header length"), std::string::npos) << broken.err;
  const Finished precision = pith({"compress", "--policy", kBert, "--precision", "int4"}, "x");
  EXPECT_EQ(precision.status, 2);
  EXPECT_NE(precision.err.find("float32"), std::string::npos) << precision.err;
}

TEST(EncoderTools, DoctorNamesIt) {
  MockUpstream mock;
  TempDir dir;
  write_file(dir.path("pith.toml"),
             "[compress]\nprecision = \"int8\"\npolicy = \"" + kXlmRoberta + "\"\n");
  const Finished finished = pith({"doctor", "--config", dir.path("pith.toml"), "--upstream",
                                  mock.url(), "--state", dir.path("state")});
  EXPECT_EQ(finished.status, 0) << finished.out << finished.err;
  EXPECT_NE(finished.out.find("xlm-roberta-tiny"), std::string::npos) << finished.out;
}

using EncoderServing = ServeTest;

TEST_F(EncoderServing, ToolResultsGetShorter) {
  serve("[compress]\npolicy = \"" + kBert + "\"\n");
  const std::string body = chat_body(prose(2000));
  const Reply reply =
      request(port(), "POST", "/v1/chat/completions", {{"content-type", "application/json"}}, body);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("x-pith-status"), "compressed");
  EXPECT_LE(std::stol("0" + reply.header("x-pith-tokens-after")),
            std::stol("0" + reply.header("x-pith-tokens-before")) * 3 / 4);
  const auto received = mock().received();
  ASSERT_FALSE(received.empty());
  EXPECT_LT(received.back().body.size(), body.size() * 3 / 4);
}

TEST_F(EncoderServing, FlagNamesAFolderToo) {
  serve("", {"--policy", kXlmRoberta});
  const Reply reply = request(port(), "POST", "/v1/chat/completions",
                              {{"content-type", "application/json"}}, chat_body(prose(1000, 3)));
  EXPECT_EQ(reply.header("x-pith-status"), "compressed");
}

}  // namespace
}  // namespace pith::process
