#include <simdjson.h>

#include <string>

#include "apps/providers/json_string.h"
#include "apps/providers/provider.h"

namespace pith {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  append_json_escaped(out, text);
  out += '"';
  return out;
}

std::string_view openai_type(unsigned status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 408:
    case 504:
      return "timeout_error";
    case 429:
      return "rate_limit_error";
    default:
      return status < 500 ? "invalid_request_error" : "server_error";
  }
}

std::string_view openai_code(unsigned status) {
  switch (status) {
    case 408:
      return "request_timeout";
    case 413:
      return "request_too_large";
    case 431:
      return "headers_too_large";
    case 502:
      return "bad_gateway";
    case 503:
      return "service_unavailable";
    case 504:
      return "gateway_timeout";
    default:
      return {};
  }
}

std::string_view anthropic_type(unsigned status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 402:
      return "billing_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 408:
    case 504:
      return "timeout_error";
    case 503:
    case 529:
      return "overloaded_error";
    default:
      return status < 500 ? "invalid_request_error" : "api_error";
  }
}

std::string_view gemini_status(unsigned status) {
  switch (status) {
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "NOT_FOUND";
    case 408:
    case 504:
      return "DEADLINE_EXCEEDED";
    case 429:
      return "RESOURCE_EXHAUSTED";
    case 502:
    case 503:
      return "UNAVAILABLE";
    default:
      return status < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
  }
}

}  // namespace

std::string error_body(ErrorFamily family, unsigned status, std::string_view message,
                       std::string_view request_id) {
  const std::string text =
      quoted(simdjson::validate_utf8(message.data(), message.size()) ? message : "error");
  const auto or_null = [](std::string_view value) {
    return value.empty() ? std::string("null") : quoted(value);
  };
  switch (family) {
    case ErrorFamily::kAnthropic:
      return R"({"type":"error","error":{"type":)" + quoted(anthropic_type(status)) +
             R"(,"message":)" + text + R"(},"request_id":)" + or_null(request_id) + "}";
    case ErrorFamily::kOllama:
      return R"({"error":)" + text + "}";
    case ErrorFamily::kGemini:
      return R"({"error":{"code":)" + std::to_string(status) + R"(,"message":)" + text +
             R"(,"status":)" + quoted(gemini_status(status)) + "}}";
    case ErrorFamily::kOpenAi:
      break;
  }
  return R"({"error":{"message":)" + text + R"(,"type":)" + quoted(openai_type(status)) +
         R"(,"param":null,"code":)" + or_null(openai_code(status)) + "}}";
}

}  // namespace pith
