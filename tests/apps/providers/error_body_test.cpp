#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apps/providers/provider.h"

namespace pith {
namespace {

using nlohmann::json;

TEST(ErrorBody, HasTheShapeOfEachFamily) {
  EXPECT_EQ(json::parse(error_body(ErrorFamily::kOpenAi, 502, "no \"upstream\"")),
            json::parse(R"({"error":{"message":"no \"upstream\"","type":"server_error","param":null,
                            "code":"bad_gateway"}})"));
  EXPECT_EQ(
      json::parse(error_body(ErrorFamily::kAnthropic, 504, "late", "req_1")),
      json::parse(
          R"({"type":"error","error":{"type":"timeout_error","message":"late"},"request_id":"req_1"})"));
  EXPECT_EQ(json::parse(error_body(ErrorFamily::kOllama, 503, "full")),
            json::parse(R"({"error":"full"})"));
  EXPECT_EQ(json::parse(error_body(ErrorFamily::kGemini, 413, "big")),
            json::parse(R"({"error":{"code":413,"message":"big","status":"INVALID_ARGUMENT"}})"));
}

TEST(ErrorBody, NamesTheKindOfEachStatus) {
  struct Case {
    unsigned status;
    const char* openai;
    const char* anthropic;
    const char* gemini;
  };
  const Case cases[] = {
      {400, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"},
      {401, "authentication_error", "authentication_error", "UNAUTHENTICATED"},
      {403, "permission_error", "permission_error", "PERMISSION_DENIED"},
      {404, "not_found_error", "not_found_error", "NOT_FOUND"},
      {413, "invalid_request_error", "request_too_large", "INVALID_ARGUMENT"},
      {429, "rate_limit_error", "rate_limit_error", "RESOURCE_EXHAUSTED"},
      {500, "server_error", "api_error", "INTERNAL"},
      {502, "server_error", "api_error", "UNAVAILABLE"},
      {503, "server_error", "overloaded_error", "UNAVAILABLE"},
      {504, "timeout_error", "timeout_error", "DEADLINE_EXCEEDED"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(json::parse(error_body(ErrorFamily::kOpenAi, c.status, ""))["error"]["type"],
              c.openai)
        << c.status;
    EXPECT_EQ(json::parse(error_body(ErrorFamily::kAnthropic, c.status, ""))["error"]["type"],
              c.anthropic)
        << c.status;
    EXPECT_EQ(json::parse(error_body(ErrorFamily::kGemini, c.status, ""))["error"]["status"],
              c.gemini)
        << c.status;
  }
}

TEST(ErrorBody, IsValidJsonWhateverTheMessage) {
  EXPECT_TRUE(json::accept(
      error_body(ErrorFamily::kOllama, 502, std::string_view("\x01\0\xff\xc3 \"\\", 7))));
  EXPECT_TRUE(json::accept(
      error_body(ErrorFamily::kOllama, 502, std::string_view("\x01\0 \"\\ \xe4\xb8\x8d", 8))));
}

}  // namespace
}  // namespace pith
