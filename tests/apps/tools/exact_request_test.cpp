#include "apps/tools/exact_request.h"

#include <gtest/gtest.h>

namespace pith {
namespace {

std::string error_of(const std::string& json) {
  const auto request = parse_exact_request(json);
  EXPECT_FALSE(request) << json;
  return request ? "" : request.error().detail;
}

TEST(ExactRequest, TakesTheReferencesKeywordArguments) {
  const auto request = parse_exact_request(R"({"id":"x","margin":null,"fast":{},
    "context":["a","b"],"options":{"rate":0.33,"target_token":7,"use_context_level_filter":false,
    "use_token_level_filter":0,"target_context":2,"context_level_rate":0.5,
    "context_level_target_token":9,"force_context_ids":[1,2.0,"a",-1,true],"return_word_label":1,
    "word_sep":"|","label_sep":":","token_to_word":"first","force_tokens":["\n","."],
    "force_reserve_digit":"yes","drop_consecutive":[],"chunk_end_tokens":["!"],
    "instruction":5,"context_segs":null,"strict_preserve_uncompressed":false}})");
  ASSERT_TRUE(request) << request.error().detail;
  using Strings = std::vector<std::string>;
  EXPECT_EQ(request->contexts, (Strings{"a", "b"}));
  const Llmlingua2Options& options = request->options;
  EXPECT_EQ(options.rate, 0.33);
  EXPECT_EQ(options.target_token, 7);
  EXPECT_FALSE(options.use_context_level_filter);
  EXPECT_FALSE(options.use_token_level_filter);
  EXPECT_EQ(options.target_context, 2);
  EXPECT_EQ(options.context_level_rate, 0.5);
  EXPECT_EQ(options.context_level_target_token, 9);
  EXPECT_EQ(options.force_context_ids, (std::vector<std::int64_t>{1, 2, 1}));
  EXPECT_TRUE(options.return_word_label);
  EXPECT_EQ(options.word_sep, "|");
  EXPECT_EQ(options.label_sep, ":");
  EXPECT_EQ(options.token_to_word, "first");
  EXPECT_EQ(options.force_tokens, (Strings{"\n", "."}));
  EXPECT_TRUE(options.force_reserve_digit);
  EXPECT_FALSE(options.drop_consecutive);
  EXPECT_EQ(options.chunk_end_tokens, (Strings{"!"}));
}

TEST(ExactRequest, ApiDecidesTheDefaultAndTheNames) {
  EXPECT_TRUE(parse_exact_request(R"({"context":""})")->options.use_context_level_filter);
  const std::string inner = R"({"api":"compress_prompt_llmlingua2","context":"")";
  EXPECT_FALSE(parse_exact_request(inner + "}")->options.use_context_level_filter);
  EXPECT_FALSE(parse_exact_request(inner + R"(,"options":{"instruction":""}})"));
}

TEST(ExactRequest, WhatIsWrongIsNamedAndNoTextIsQuoted) {
  EXPECT_EQ(error_of("{}"), "no \"context\"");
  EXPECT_NE(error_of("nonsense").find("no JSON object"), std::string::npos);
  EXPECT_NE(error_of(R"({"context":"\ud800"})").find("no JSON object"), std::string::npos);
  EXPECT_NE(error_of(R"(["context"])").find("no JSON object"), std::string::npos);
  EXPECT_EQ(error_of(R"({"context":7})"), "\"context\" must be a string or a list of strings");
  EXPECT_EQ(error_of(R"({"context":["a",7]})"),
            "\"context\" must be a string or a list of strings");
  EXPECT_EQ(error_of(R"({"context":"","options":{"rte":1}})"), "unknown option \"rte\"");
  EXPECT_EQ(error_of(R"({"context":"","rate":0.5})"),
            "unknown member \"rate\": it belongs in \"options\"");
  EXPECT_EQ(error_of(R"({"context":"","force_tokens":"."})"),
            "unknown member \"force_tokens\": it belongs in \"options\"");
  EXPECT_EQ(error_of(R"({"context":"","options":{"rate":"x"}})"), "\"rate\" must be a number");
  EXPECT_EQ(error_of(R"({"context":"","options":{"rate":null}})"), "\"rate\" must be a number");
  EXPECT_EQ(error_of(R"({"context":"","options":{"force_tokens":"."}})"),
            "\"force_tokens\" must be a list of strings");
  EXPECT_NE(error_of(R"({"context":"","api":"other"})").find("\"api\""), std::string::npos);
}

TEST(ExactResult, HasTheReferencesKeysInItsOrder) {
  Llmlingua2Result result;
  result.compressed_prompt = "a\n\n\"b\"";
  result.compressed_prompt_list = {"a", "\"b\""};
  result.origin_tokens = 9;
  result.compressed_tokens = 3;
  result.ratio = "3.0x";
  result.rate = "33.3%";
  result.saving = ", Saving $0.0 in GPT-4.";
  const std::string start =
      R"({"compressed_prompt": "a\n\n\"b\"", "compressed_prompt_list": ["a", "\"b\""], )"
      R"("origin_tokens": 9, "compressed_tokens": 3, "ratio": "3.0x", "rate": "33.3%", )"
      R"("saving": ", Saving $0.0 in GPT-4.")";
  EXPECT_EQ(exact_result_json(result), start + "}");
  result.fn_labeled_original_prompt = "a 1";
  EXPECT_EQ(exact_result_json(result), start + R"(, "fn_labeled_original_prompt": "a 1"})");
}

TEST(UnescapedFlag, KnowsWhatAShellCannotType) {
  EXPECT_EQ(unescaped_flag(R"(\n)"), "\n");
  EXPECT_EQ(unescaped_flag(R"(a\tb\\n\d\)"), "a\tb\\n\\d\\");
}

}  // namespace
}  // namespace pith
