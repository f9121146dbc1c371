#include "tests/process/mock/mock_formats.h"

#include <boost/json.hpp>

namespace pith::mock {
namespace json = boost::json;
using json::array;
using json::object;

namespace {

MockAnswer whole(const object& value) {
  MockAnswer answer;
  answer.events.push_back(json::serialize(value));
  return answer;
}

MockAnswer event_stream() {
  MockAnswer answer;
  answer.stream = true;
  answer.content_type = "text/event-stream; charset=utf-8";
  answer.headers = {{"cache-control", "no-cache"}};
  return answer;
}

std::string data_event(const object& value) { return "data: " + json::serialize(value) + "\n\n"; }
std::string named_event(const object& value) {
  return "event: " + json::value_to<std::string>(value.at("type")) + "\n" + data_event(value);
}

object openai_usage(const Saying& saying) {
  return {{"prompt_tokens", saying.input_tokens},
          {"completion_tokens", saying.output_tokens},
          {"total_tokens", saying.input_tokens + saying.output_tokens},
          {"prompt_tokens_details", object{{"cached_tokens", 0}}}};
}

constexpr const char* kOpenAiBroken =
    R"(data: {"error":{"message":"the server broke off","type":"server_error","param":null,"code":null}})"
    "\n\n";

object ollama_counts(const Saying& saying) {
  return {{"total_duration", 5'000'000},
          {"load_duration", 1'000'000},
          {"prompt_eval_count", saying.input_tokens},
          {"prompt_eval_duration", 1'000'000},
          {"eval_count", saying.output_tokens},
          {"eval_duration", 2'000'000}};
}

MockAnswer ollama(const Saying& saying, bool stream, object (*content)(const std::string&)) {
  MockAnswer answer;
  const auto line = [&](const std::string& text, bool done) {
    object value{{"model", saying.model}, {"created_at", "2025-01-01T00:00:00.000000Z"}};
    for (const auto& field : content(text)) value.insert(field);
    value["done"] = done;
    if (done) {
      value["done_reason"] = "stop";
      for (const auto& field : ollama_counts(saying)) value.insert(field);
    }
    return json::serialize(value);
  };
  if (!stream) {
    answer.events.push_back(line(saying.text(), true));
    return answer;
  }
  answer.stream = true;
  answer.content_type = "application/x-ndjson";
  for (const auto& piece : saying.pieces) answer.events.push_back(line(piece, false) + "\n");
  answer.events.push_back(saying.break_off ? "{\"error\":\"the model broke off\"}\n"
                                           : line("", true) + "\n");
  return answer;
}

}  // namespace

std::string Saying::text() const {
  std::string all;
  for (const auto& piece : pieces) all += piece;
  return all;
}

MockAnswer openai_chat(const Saying& saying, bool stream) {
  const object base{{"id", "chatcmpl-mock"}, {"created", 1'700'000'000}, {"model", saying.model}};
  if (!stream) {
    object value = base;
    value["object"] = "chat.completion";
    value["choices"] = array{
        object{{"index", 0},
               {"message",
                object{{"role", "assistant"}, {"content", saying.text()}, {"refusal", nullptr}}},
               {"logprobs", nullptr},
               {"finish_reason", "stop"}}};
    value["usage"] = openai_usage(saying);
    return whole(value);
  }
  MockAnswer answer = event_stream();
  const auto chunk = [&](object delta, json::value finish) {
    object value = base;
    value["object"] = "chat.completion.chunk";
    value["choices"] = array{
        object{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", std::move(finish)}}};
    answer.events.push_back(data_event(value));
  };
  chunk({{"role", "assistant"}, {"content", ""}}, nullptr);
  for (const auto& piece : saying.pieces) chunk({{"content", piece}}, nullptr);
  if (saying.break_off) {
    answer.events.push_back(kOpenAiBroken);
    return answer;
  }
  chunk({}, "stop");
  if (saying.usage_chunk) {
    object value = base;
    value["object"] = "chat.completion.chunk";
    value["choices"] = array{};
    value["usage"] = openai_usage(saying);
    answer.events.push_back(data_event(value));
  }
  answer.events.push_back("data: [DONE]\n\n");
  return answer;
}

MockAnswer openai_completions(const Saying& saying, bool stream) {
  const auto value = [&](const std::string& text, json::value finish) {
    return object{{"id", "cmpl-mock"},
                  {"object", "text_completion"},
                  {"created", 1'700'000'000},
                  {"model", saying.model},
                  {"choices", array{object{{"text", text},
                                           {"index", 0},
                                           {"logprobs", nullptr},
                                           {"finish_reason", std::move(finish)}}}}};
  };
  if (!stream) {
    object all = value(saying.text(), "stop");
    all["usage"] = openai_usage(saying);
    return whole(all);
  }
  MockAnswer answer = event_stream();
  for (const auto& piece : saying.pieces)
    answer.events.push_back(data_event(value(piece, nullptr)));
  if (saying.break_off) {
    answer.events.push_back(kOpenAiBroken);
    return answer;
  }
  answer.events.push_back(data_event(value("", "stop")));
  answer.events.push_back("data: [DONE]\n\n");
  return answer;
}

MockAnswer openai_responses(const Saying& saying, bool stream) {
  const auto part = [](const std::string& text) {
    return object{{"type", "output_text"}, {"text", text}, {"annotations", array{}}};
  };
  const auto item = [&](const char* status, array content) {
    return object{{"id", "msg_mock"},
                  {"type", "message"},
                  {"status", status},
                  {"role", "assistant"},
                  {"content", std::move(content)}};
  };
  const auto response = [&](const char* status, array output, bool usage) {
    object value{{"id", "resp_mock"},
                 {"object", "response"},
                 {"created_at", 1'700'000'000},
                 {"status", status},
                 {"error", nullptr},
                 {"incomplete_details", nullptr},
                 {"instructions", nullptr},
                 {"model", saying.model},
                 {"output", std::move(output)},
                 {"parallel_tool_calls", true},
                 {"tool_choice", "auto"},
                 {"tools", array{}},
                 {"usage", nullptr}};
    if (usage) {
      value["usage"] = object{{"input_tokens", saying.input_tokens},
                              {"input_tokens_details", object{{"cached_tokens", 0}}},
                              {"output_tokens", saying.output_tokens},
                              {"output_tokens_details", object{{"reasoning_tokens", 0}}},
                              {"total_tokens", saying.input_tokens + saying.output_tokens}};
    }
    return value;
  };
  const array full{item("completed", {part(saying.text())})};
  if (!stream) return whole(response("completed", full, true));
  MockAnswer answer = event_stream();
  int sequence = 0;
  const auto event = [&](const char* type, object fields) {
    object value{{"type", type}, {"sequence_number", sequence++}};
    for (auto& field : fields) value.insert(field);
    answer.events.push_back(named_event(value));
  };
  const object where{{"item_id", "msg_mock"}, {"output_index", 0}, {"content_index", 0}};
  const auto at = [&](const char* key, json::value value) {
    object fields = where;
    fields[key] = std::move(value);
    return fields;
  };
  event("response.created", {{"response", response("in_progress", {}, false)}});
  event("response.in_progress", {{"response", response("in_progress", {}, false)}});
  event("response.output_item.added", {{"output_index", 0}, {"item", item("in_progress", {})}});
  event("response.content_part.added", at("part", part("")));
  for (const auto& piece : saying.pieces) event("response.output_text.delta", at("delta", json::value(piece)));
  if (saying.break_off) {
    event("error",
          {{"code", "server_error"}, {"message", "the server broke off"}, {"param", nullptr}});
    return answer;
  }
  event("response.output_text.done", at("text", json::value(saying.text())));
  event("response.content_part.done", at("part", part(saying.text())));
  event("response.output_item.done", {{"output_index", 0}, {"item", full[0]}});
  event("response.completed", {{"response", response("completed", full, true)}});
  return answer;
}

MockAnswer anthropic_messages(const Saying& saying, bool stream) {
  const auto message = [&](array content, json::value stop, std::size_t output_tokens) {
    return object{{"id", "msg_mock"},
                  {"type", "message"},
                  {"role", "assistant"},
                  {"model", saying.model},
                  {"content", std::move(content)},
                  {"stop_reason", std::move(stop)},
                  {"stop_sequence", nullptr},
                  {"usage", object{{"input_tokens", saying.input_tokens},
                                   {"cache_creation_input_tokens", 0},
                                   {"cache_read_input_tokens", 0},
                                   {"output_tokens", output_tokens}}}};
  };
  if (!stream) {
    return whole(message({object{{"type", "text"}, {"text", saying.text()}}}, "end_turn",
                         saying.output_tokens));
  }
  MockAnswer answer = event_stream();
  const auto event = [&](const object& value) { answer.events.push_back(named_event(value)); };
  event({{"type", "message_start"}, {"message", message({}, nullptr, 1)}});
  event({{"type", "content_block_start"},
         {"index", 0},
         {"content_block", object{{"type", "text"}, {"text", ""}}}});
  event({{"type", "ping"}});
  for (const auto& piece : saying.pieces) {
    event({{"type", "content_block_delta"},
           {"index", 0},
           {"delta", object{{"type", "text_delta"}, {"text", piece}}}});
  }
  if (saying.break_off) {
    event({{"type", "error"},
           {"error", object{{"type", "overloaded_error"}, {"message", "Overloaded"}}}});
    return answer;
  }
  event({{"type", "content_block_stop"}, {"index", 0}});
  event({{"type", "message_delta"},
         {"delta", object{{"stop_reason", "end_turn"}, {"stop_sequence", nullptr}}},
         {"usage", object{{"output_tokens", saying.output_tokens}}}});
  event({{"type", "message_stop"}});
  return answer;
}

MockAnswer ollama_chat(const Saying& saying, bool stream) {
  return ollama(saying, stream, [](const std::string& text) {
    return object{{"message", object{{"role", "assistant"}, {"content", text}}}};
  });
}

MockAnswer ollama_generate(const Saying& saying, bool stream) {
  return ollama(saying, stream, [](const std::string& text) { return object{{"response", text}}; });
}

MockAnswer gemini_generate(const Saying& saying, bool stream, bool sse) {
  const auto value = [&](const std::string& text, bool last) {
    object candidate{
        {"content", object{{"parts", array{object{{"text", text}}}}, {"role", "model"}}},
        {"index", 0}};
    if (last) candidate["finishReason"] = "STOP";
    return object{
        {"candidates", array{std::move(candidate)}},
        {"usageMetadata", object{{"promptTokenCount", saying.input_tokens},
                                 {"candidatesTokenCount", saying.output_tokens},
                                 {"totalTokenCount", saying.input_tokens + saying.output_tokens}}},
        {"modelVersion", saying.model},
        {"responseId", "mock"}};
  };
  if (!stream) return whole(value(saying.text(), true));
  MockAnswer answer;
  answer.stream = true;
  if (sse) answer.content_type = "text/event-stream";
  for (std::size_t i = 0; i < saying.pieces.size(); ++i) {
    const bool last = i + 1 == saying.pieces.size();
    const std::string body =
        last && saying.break_off
            ? R"({"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}})"
            : json::serialize(value(saying.pieces[i], last));
    // Without alt=sse it is one JSON array, sent in pieces.
    answer.events.push_back(sse ? "data: " + body + "\r\n\r\n"
                                : (i == 0 ? "[" : ",\r\n") + body + (last ? "]" : ""));
  }
  return answer;
}

}  // namespace pith::mock
