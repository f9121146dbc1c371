// Pith's own endpoints, and who may use them.
#include <boost/json.hpp>

#include "tests/process/harness/serve_test.h"

namespace pith::process {
namespace {

namespace json = boost::json;

class Endpoints : public ServeTest {};

const Headers kJson = {{"content-type", "application/json"}};

TEST_F(Endpoints, CompressAnswersTheContract) {
  serve();
  const std::string text = prose(600);
  const Reply reply =
      request(port(), "POST", "/pith/v1/compress", kJson,
              "{\"context\": " + json_string(text) + ", \"options\": {\"rate\": 0.5}}");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json::value value = json::parse(reply.body);
  for (const char* key : {"compressed_prompt", "origin_tokens", "compressed_tokens",
                          "achieved_rate", "kept", "policy", "notes"}) {
    EXPECT_NE(value.as_object().if_contains(key), nullptr) << key;
  }
  EXPECT_NEAR(json::value_to<double>(value.at("achieved_rate")), 0.5, 0.05);
  std::string rebuilt;
  for (const auto& span : value.at("kept").as_array()) {
    const auto begin = json::value_to<std::size_t>(span.at(0)),
               end = json::value_to<std::size_t>(span.at(1));
    rebuilt += text.substr(begin, end - begin);
  }
  EXPECT_EQ(rebuilt, json::value_to<std::string>(value.at("compressed_prompt")))
      << "kept are bytes of the original";
  EXPECT_EQ(request(port(), "POST", "/pith/v1/compress", kJson, "{\"context\": 5}").status, 400);
  EXPECT_EQ(request(port(), "POST", "/pith/v1/compress", kJson, "nonsense").status, 400);
  EXPECT_EQ(mock().num_requests(), 0U) << "nothing of this goes upstream";
}

TEST_F(Endpoints, SidecarContract) {
  serve();
  const std::string text = prose(1500);
  const std::string body = chat_body(text);
  const Reply reply = request(port(), "POST", "/v1/compress", kJson, body);
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json::value value = json::parse(reply.body);
  const auto before = json::value_to<std::int64_t>(value.at("tokens_before"));
  const auto after = json::value_to<std::int64_t>(value.at("tokens_after"));
  EXPECT_LT(after, before);
  EXPECT_EQ(json::value_to<std::int64_t>(value.at("tokens_saved")), before - after);
  EXPECT_NEAR(json::value_to<double>(value.at("compression_ratio")),
              static_cast<double>(after) / static_cast<double>(before), 0.01);
  EXPECT_FALSE(value.at("transforms_applied").as_array().empty());
  const auto& messages = value.at("messages").as_array();
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0].at("content").as_string(), "What did they say?");
  EXPECT_LT(messages[2].at("content").as_string().size(), text.size());
  EXPECT_EQ(request(port(), "POST", "/v1/compress", kJson, body).body, reply.body) << "stateless";
  EXPECT_EQ(request(port(), "POST", "/v1/compress", kJson, "{}").status, 400);
  EXPECT_EQ(mock().num_requests(), 0U);
}

TEST_F(Endpoints, FeedbackIsStoredOnce) {
  serve();
  const Reply reply =
      request(port(), "POST", "/v1/chat/completions", kJson, chat_body(prose(1000)));
  const std::string decision = reply.header("x-pith-decision");
  ASSERT_NE(decision, "");
  const std::string body = R"({"decision_id": ")" + decision +
                           R"(", "metric": "thumbs", "value": 1, "client_event_id": "e1"})";
  const Reply first = request(port(), "POST", "/pith/v1/feedback", kJson, body);
  EXPECT_EQ(first.status, 200) << first.body;
  EXPECT_NE(first.body.find("accepted"), std::string::npos) << first.body;
  const Reply second = request(port(), "POST", "/pith/v1/feedback", kJson, body);
  EXPECT_NE(second.body.find("duplicate"), std::string::npos) << second.body;
  EXPECT_EQ(request(port(), "POST", "/pith/v1/feedback", kJson, R"({"metric": "thumbs"})").status,
            400);
}

TEST_F(Endpoints, HealthStatsAndMetrics) {
  serve();
  EXPECT_EQ(request(port(), "GET", "/healthz").status, 200);
  EXPECT_TRUE(eventually([&] { return request(port(), "GET", "/readyz").status == 200; }));
  request(port(), "POST", "/v1/chat/completions", kJson, chat_body(prose(1000)));
  const Reply metrics = request(port(), "GET", "/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_TRUE(metrics.header("content-type").starts_with("text/plain"))
      << metrics.header("content-type");
  EXPECT_NE(metrics.body.find("# TYPE pith_"), std::string::npos) << metrics.body.substr(0, 400);
  const Reply stats = request(port(), "GET", "/pith/v1/stats");
  EXPECT_EQ(stats.status, 200);
  EXPECT_TRUE(json::parse(stats.body).is_object());
  const Reply page = request(port(), "GET", "/pith/");
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("<html"), std::string::npos);
  EXPECT_EQ(mock().num_requests(), 1U);
}

TEST_F(Endpoints, DnsRebindingIsRefused) {
  serve();
  for (const char* path : {"/pith/v1/stats", "/metrics", "/pith/"}) {
    EXPECT_EQ(request(port(), "GET", path, {{"host", "evil.example"}}).status, 403) << path;
    EXPECT_EQ(request(port(), "GET", path, {{"host", "127.0.0.1.evil.example:8080"}}).status, 403)
        << path;
    EXPECT_EQ(request(port(), "GET", path, {{"origin", "http://evil.example"}}).status, 403)
        << path;
    EXPECT_EQ(request(port(), "GET", path, {{"host", "localhost:8080"}}).status, 200) << path;
  }
  EXPECT_EQ(request(port(), "POST", "/pith/v1/feedback", {{"host", "evil.example"}}, "{}").status,
            403);
}

TEST_F(Endpoints, AnAdminTokenIsAsked) {
  serve("[admin]\ntoken = \"open-sesame\"\n");
  EXPECT_EQ(request(port(), "GET", "/pith/v1/stats").status, 401);
  EXPECT_EQ(request(port(), "GET", "/metrics", {{"authorization", "Bearer open-sesam"}}).status,
            401);
  EXPECT_EQ(request(port(), "GET", "/metrics", {{"authorization", "Bearer open-sesame"}}).status,
            200);
  EXPECT_EQ(request(port(), "GET", "/healthz").status, 200);
  EXPECT_EQ(request(port(), "GET", "/v1/models").status, 200) << "clients need no token";
}

TEST_F(Endpoints, TheyCanBeMovedToAnotherListener) {
  serve("[admin]\nlisten = \"127.0.0.1:0\"\n");
  EXPECT_NE(request(port(), "GET", "/metrics").body.find("\"target\":\"/metrics\""),
            std::string::npos)
      << "on the main listener it is the upstream's now";
}

TEST_F(Endpoints, UnknownPathsOfPithsOwnStayHere) {
  serve();
  EXPECT_EQ(request(port(), "GET", "/pith/v1/nothing").status, 404);
  EXPECT_EQ(mock().num_requests(), 0U);
}

}  // namespace
}  // namespace pith::process
