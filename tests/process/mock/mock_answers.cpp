#include "tests/process/mock/mock_answers.h"

#include <algorithm>
#include <boost/json.hpp>

#include "tests/process/mock/mock_formats.h"

namespace pith::mock {
namespace json = boost::json;
using json::array;
using json::object;

namespace {

// Text in several scripts, so that a stream that is cut anywhere is cut inside characters, too.
constexpr const char* kFiller[] = {"Grüße, ",     "日本語の", "テキスト ", "👩‍🚀🚀 ",
                                   "naïve café ", "Ωμέγα ",   "end. "};

bool ends_with(std::string_view path, std::string_view suffix) { return path.ends_with(suffix); }

bool flag(const MockRequest& request, std::string_view name) {
  return !request.header(name).empty();
}

MockAnswer json_answer(const object& value) {
  MockAnswer answer;
  answer.events.push_back(json::serialize(value));
  return answer;
}

bool field_true(const json::value& value, std::string_view key, bool absent) {
  const auto* root = value.if_object();
  const auto* field = root == nullptr ? nullptr : root->if_contains(key);
  return field == nullptr || !field->is_bool() ? absent : field->get_bool();
}

Saying say(const MockRequest& request, const BodyFacts& facts) {
  Saying saying;
  saying.model = facts.model.empty() ? "mock-model" : facts.model;
  const bool fixed = flag(request, "x-mock-fixed");
  std::string told = "The mock answers.";
  if (!fixed && !flag(request, "x-mock-plain")) {
    std::string all;
    for (const auto& text : facts.texts) all += text;
    told = "sha256=" + facts.sha256 + " bytes=" + std::to_string(facts.bytes) +
           " messages=" + std::to_string(facts.messages) +
           " texts=" + std::to_string(facts.texts.size()) + " texts_sha256=" + sha256_hex(all);
  }
  const auto events = static_cast<std::size_t>(std::max(1L, request.number_of("x-mock-events", 5)));
  const auto pad = static_cast<std::size_t>(request.number_of("x-mock-body-bytes", 0));
  for (std::size_t i = 0; i < events; ++i) {
    std::string piece = flag(request, "x-mock-stamp") ? "t=@@@@@@@@@@@@@@@@@@@@;" : "";
    if (i == 0) piece += told + " ";
    piece += kFiller[i % std::size(kFiller)];
    while (piece.size() < pad / events) piece += kFiller[i % std::size(kFiller)];
    saying.pieces.push_back(std::move(piece));
  }
  saying.input_tokens = fixed ? 42 : facts.bytes / 4;
  saying.output_tokens = 7 * events;
  saying.break_off = flag(request, "x-mock-stream-error");
  if (const auto* root = facts.value.if_object()) {
    if (const auto* options = root->if_contains("stream_options")) {
      saying.usage_chunk = field_true(*options, "include_usage", false);
    }
  }
  return saying;
}

MockAnswer models_of(const MockRequest& request) {
  const auto path = request.path();
  if (ends_with(path, "/api/tags")) {
    return json_answer({{"models", array{object{{"name", "mock:latest"},
                                                {"model", "mock:latest"},
                                                {"modified_at", "2025-01-01T00:00:00Z"},
                                                {"size", 1},
                                                {"digest", "00"},
                                                {"details", object{{"format", "gguf"}}}}}}});
  }
  if (path.find("/v1beta/") != std::string_view::npos) {
    return json_answer({{"models", array{object{{"name", "models/gemini-mock"},
                                                {"version", "1"},
                                                {"displayName", "Gemini Mock"},
                                                {"inputTokenLimit", 1000000}}}}});
  }
  if (flag(request, "anthropic-version")) {
    return json_answer({{"data", array{object{{"type", "model"},
                                              {"id", "claude-mock"},
                                              {"display_name", "Claude Mock"},
                                              {"created_at", "2025-01-01T00:00:00Z"}}}},
                        {"has_more", false},
                        {"first_id", "claude-mock"},
                        {"last_id", "claude-mock"}});
  }
  return json_answer({{"object", "list"},
                      {"data", array{object{{"id", "gpt-mock"},
                                            {"object", "model"},
                                            {"created", 1700000000},
                                            {"owned_by", "mock"}}}}});
}

MockAnswer embeddings_of(const BodyFacts& facts) {
  const auto* root = facts.value.if_object();
  const auto* format = root == nullptr ? nullptr : root->if_contains("encoding_format");
  // [1, 2] as little-endian floats; the client library asks for this form and decodes it.
  const json::value vector = format != nullptr && *format == "base64"
                                 ? json::value("AACAPwAAAEA=")
                                 : json::value(array{1.0, 2.0});
  return json_answer(
      {{"object", "list"},
       {"data", array{object{{"object", "embedding"}, {"index", 0}, {"embedding", vector}}}},
       {"model", facts.model},
       {"sha256", facts.sha256},
       {"usage", object{{"prompt_tokens", 1}, {"total_tokens", 1}}}});
}

MockAnswer echo(const MockRequest& request, const BodyFacts& facts) {
  return json_answer({{"method", request.method},
                      {"target", request.target},
                      {"bytes", facts.bytes},
                      {"sha256", facts.sha256},
                      {"content_type", request.header("content-type")}});
}

}  // namespace

MockAnswer answer_to(const MockRequest& request) {
  if (const long status = request.number_of("x-mock-status", 200); status != 200) {
    return error_answer(request, static_cast<unsigned>(status));
  }
  const auto path = request.path();
  if (request.method == "GET" && (ends_with(path, "/models") || ends_with(path, "/api/tags")))
    return models_of(request);
  const BodyFacts facts =
      read_body(flag(request, "x-mock-plain") && request.body.size() > 65536 ? "" : request.body);
  const Saying saying = say(request, facts);
  const bool stream = field_true(facts.value, "stream", false);
  if (ends_with(path, "/chat/completions")) return openai_chat(saying, stream);
  if (ends_with(path, "/completions")) return openai_completions(saying, stream);
  if (ends_with(path, "/responses/input_tokens")) {
    return json_answer(
        {{"object", "response.input_tokens"}, {"input_tokens", saying.input_tokens}});
  }
  if (ends_with(path, "/responses")) return openai_responses(saying, stream);
  if (ends_with(path, "/embeddings")) return embeddings_of(facts);
  if (ends_with(path, "/messages/count_tokens"))
    return json_answer({{"input_tokens", saying.input_tokens}});
  if (ends_with(path, "/messages")) return anthropic_messages(saying, stream);
  if (ends_with(path, "/api/chat"))
    return ollama_chat(saying, field_true(facts.value, "stream", true));
  if (ends_with(path, "/api/generate"))
    return ollama_generate(saying, field_true(facts.value, "stream", true));
  if (ends_with(path, "/api/embed")) {
    return json_answer({{"model", saying.model},
                        {"embeddings", array{array{1.0, 2.0}}},
                        {"sha256", facts.sha256}});
  }
  if (ends_with(path, ":generateContent")) return gemini_generate(saying, false, false);
  if (ends_with(path, ":streamGenerateContent"))
    return gemini_generate(saying, true, request.has_query("alt=sse"));
  if (ends_with(path, ":countTokens")) return json_answer({{"totalTokens", saying.input_tokens}});
  return echo(request, facts);
}

MockAnswer error_answer(const MockRequest& request, unsigned status) {
  MockAnswer answer;
  answer.status = status;
  answer.headers = {{"x-request-id", "req_mock"},
                    {"request-id", "req_mock"},
                    {"x-ratelimit-remaining-requests", "0"},
                    {"x-ratelimit-reset-requests", "1s"},
                    {"anthropic-ratelimit-requests-remaining", "0"},
                    {"cf-ray", "mock-ray"},
                    {"set-cookie", "one=1; Path=/"},
                    {"set-cookie", "two=2; Path=/"}};
  if (status == 429 || status >= 500) {
    answer.headers.emplace_back("retry-after", "7");
    answer.headers.emplace_back("retry-after-ms", "7000");
    answer.headers.emplace_back("x-should-retry", "false");
  }
  if (status == 204 || status == 304) return answer;
  const auto path = request.path();
  const std::string message = "mock error " + std::to_string(status);
  if (path.find("/messages") != std::string_view::npos) {
    const char* type = status == 401   ? "authentication_error"
                       : status == 429 ? "rate_limit_error"
                       : status == 529 ? "overloaded_error"
                       : status >= 500 ? "api_error"
                                       : "invalid_request_error";
    answer.events.push_back(
        json::serialize(object{{"type", "error"},
                               {"error", object{{"type", type}, {"message", message}}},
                               {"request_id", "req_mock"}}));
  } else if (path.find("/api/") != std::string_view::npos) {
    answer.events.push_back(json::serialize(object{{"error", message}}));
  } else if (path.find("/v1beta/") != std::string_view::npos) {
    answer.events.push_back(json::serialize(
        object{{"error", object{{"code", status}, {"message", message}, {"status", "MOCK"}}}}));
  } else {
    answer.events.push_back(json::serialize(object{{"error", object{{"message", message},
                                                                    {"type", "mock_error"},
                                                                    {"param", nullptr},
                                                                    {"code", "mock"}}}}));
  }
  return answer;
}

std::string gzip_stored(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const unsigned char byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  crc = ~crc;
  const auto little = [](std::uint32_t value, int size) {
    std::string out;
    for (int i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i));
    return out;
  };
  const auto size = static_cast<std::uint32_t>(bytes.size());
  std::string out("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10);
  do {
    const auto block = std::min<std::size_t>(bytes.size(), 0xFFFF);
    out += block == bytes.size() ? '\x01' : '\x00';
    out += little(static_cast<std::uint32_t>(block), 2) +
           little(~static_cast<std::uint32_t>(block), 2);
    out += bytes.substr(0, block);
    bytes.remove_prefix(block);
  } while (!bytes.empty());
  return out + little(crc, 4) + little(size, 4);
}

}  // namespace pith::mock
