#include <gtest/gtest.h>
#include <simdjson.h>

#include "apps/metrics/metrics.h"

namespace pith {
namespace {

double number_at(const std::string& json, std::string_view pointer) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(json).get(root) != simdjson::SUCCESS) return -1;
  double value = -2;
  if (root.at_pointer(pointer).get(value) != simdjson::SUCCESS) return -3;
  return value;
}

TEST(StatsJson, TellsThisProcessAndAllTime) {
  Metrics metrics;
  RequestCount request;
  request.api = Api::kAnthropicMessages;
  request.status = "compressed";
  request.tokens_before = 1000;
  request.tokens_after = 250;
  metrics.count(request);
  request.api = Api::kOpenAiChat;
  request.status = "observe";
  request.tokens_after = 1000;
  request.tokens_observed = 400;
  metrics.count(request);
  const std::string json = metrics.stats_json({{"openai-chat", "acme", 10, 5000, 3000, 1000, 500},
                                               {"openai-chat", "zeta", 2, 9000, 1000, 9000, 1000},
                                               {"ollama-chat", "acme", 1, 100, 100, 0, 0}});
  EXPECT_EQ(number_at(json, "/since_start/requests"), 2) << json;
  EXPECT_EQ(number_at(json, "/since_start/tokens_before"), 2000);
  EXPECT_EQ(number_at(json, "/since_start/tokens_saved"), 750);
  EXPECT_EQ(number_at(json, "/since_start/saved_share"), 0.375);
  EXPECT_EQ(number_at(json, "/since_start/tokens_observed_saved"), 400);
  EXPECT_EQ(number_at(json, "/since_start/by_api/anthropic-messages/tokens_after"), 250);
  EXPECT_EQ(number_at(json, "/since_start/by_status/observe"), 1);
  EXPECT_EQ(number_at(json, "/all_time/requests"), 13);
  EXPECT_EQ(number_at(json, "/all_time/tokens_saved"), 10'000);
  EXPECT_EQ(number_at(json, "/all_time/by_api/ollama-chat/tokens_after"), 100);
  EXPECT_EQ(number_at(json, "/all_time/by_tenant/acme/requests"), 11);
  EXPECT_LT(json.find("zeta"), json.find("acme"));  // who saved most comes first
}

TEST(StatsJson, WritesLargeCountsOut) {
  const std::string json =
      Metrics().stats_json({{"a", "t", 3'000'000, 9'007'199'254'740'991, 0, 0, 0}});
  EXPECT_NE(json.find("\"requests\":3000000,\"tokens_before\":9007199254740991,"),
            std::string::npos)
      << json;
}

TEST(StatsJson, IsValidWhateverTenantsAreCalledAndBounded) {
  const Metrics metrics;
  std::vector<LogTotals> totals = {{"a\"pi", "ten\nant \xC3\xA9", 1, 900'000, 1, 1, 1}};
  for (int i = 0; i < 200; ++i) totals.push_back({"api", "t" + std::to_string(i), 1, 2, 1, 2, 1});
  const std::string json = metrics.stats_json(totals);
  EXPECT_EQ(number_at(json, "/all_time/requests"), 201) << json;
  EXPECT_LT(json.size(), 50U * 150);
  EXPECT_EQ(number_at(metrics.stats_json({}), "/since_start/saved_share"), 0);
}

}  // namespace
}  // namespace pith
