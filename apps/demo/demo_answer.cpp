#include "apps/demo/demo_answer.h"

#include <simdjson.h>

namespace pith {
namespace {

constexpr std::string_view kModel = "pith-demo";

struct Asked {
  bool stream = false;
  bool ollama_stream = true;
};

Asked read(std::string_view body) {
  Asked asked;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  bool stream = false;
  if (parser.parse(body.data(), body.size(), true).get(root) == simdjson::SUCCESS &&
      root["stream"].get(stream) == simdjson::SUCCESS) {
    asked.stream = asked.ollama_stream = stream;
  }
  return asked;
}

/// The words of the answer, each with its blank.
std::vector<std::string> words(std::size_t body_bytes) {
  const std::string text =
      "This is Pith's built-in demonstration upstream, not a language model. Your request reached "
      "it with " +
      std::to_string(body_bytes) +
      " bytes of body, after compression. The reply headers x-pith-tokens-before and "
      "x-pith-tokens-after say how many "
      "prompt tokens were saved. Start Pith with --upstream URL to talk to a real API.";
  std::vector<std::string> result;
  std::size_t from = 0;
  while (from < text.size()) {
    const auto blank = text.find(' ', from);
    const auto to = blank == std::string::npos ? text.size() : blank + 1;
    result.push_back(text.substr(from, to - from));
    from = to;
  }
  return result;
}

std::string join(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) all += part;
  return all;
}

std::string data(const std::string& json) { return "data: " + json + "\n\n"; }
std::string event(const char* name, const std::string& rest) {
  return std::string("event: ") + name + "\ndata: {\"type\":\"" + name + "\"" + rest + "}\n\n";
}

DemoAnswer stream_of(const char* type, std::vector<std::string> pieces) {
  DemoAnswer answer;
  answer.stream = true;
  answer.content_type = type;
  answer.pieces = std::move(pieces);
  return answer;
}
DemoAnswer whole(std::string body, unsigned status = 200) {
  DemoAnswer answer;
  answer.status = status;
  answer.pieces = {std::move(body)};
  return answer;
}

constexpr const char* kSse = "text/event-stream; charset=utf-8";

std::string chat_head(std::string_view object) {
  return "{\"id\":\"demo-1\",\"object\":\"" + std::string(object) +
         "\",\"created\":0,\"model\":\"" + std::string(kModel) + "\"";
}

DemoAnswer chat(const std::vector<std::string>& text, bool stream, const std::string& tokens) {
  const std::string usage = ",\"usage\":{\"prompt_tokens\":" + tokens +
                            ",\"completion_tokens\":" + std::to_string(text.size()) +
                            ",\"total_tokens\":" + tokens + "}}";
  if (!stream) {
    return whole(chat_head("chat.completion") +
                 ",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"role\":"
                 "\"assistant\",\"content\":\"" +
                 join(text) + "\"}}]" + usage);
  }
  std::vector<std::string> pieces;
  for (const std::string& word : text) {
    pieces.push_back(data(chat_head("chat.completion.chunk") +
                          ",\"choices\":[{\"index\":0,\"finish_reason\":null,\"delta\":{\"role\":"
                          "\"assistant\",\"content\":\"" +
                          word + "\"}}]}"));
  }
  pieces.push_back(data(chat_head("chat.completion.chunk") +
                        ",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"delta\":{}}]}"));
  pieces.push_back("data: [DONE]\n\n");
  return stream_of(kSse, std::move(pieces));
}

DemoAnswer completions(const std::vector<std::string>& text, bool stream) {
  const auto choice = [](const std::string& part, const char* reason) {
    return ",\"choices\":[{\"index\":0,\"logprobs\":null,\"finish_reason\":" + std::string(reason) +
           ",\"text\":\"" + part + "\"}]}";
  };
  if (!stream) return whole(chat_head("text_completion") + choice(join(text), "\"stop\""));
  std::vector<std::string> pieces;
  for (const std::string& word : text)
    pieces.push_back(data(chat_head("text_completion") + choice(word, "null")));
  pieces.push_back(data(chat_head("text_completion") + choice("", "\"stop\"")));
  pieces.push_back("data: [DONE]\n\n");
  return stream_of(kSse, std::move(pieces));
}

DemoAnswer responses(const std::vector<std::string>& text, bool stream, const std::string& tokens) {
  const auto response = [&](const char* status, const std::string& said) {
    const std::string output = said.empty()
                                   ? std::string()
                                   : "{\"type\":\"message\",\"id\":\"msg_demo\",\"role\":"
                                     "\"assistant\",\"status\":\"completed\",\"content\":[{"
                                     "\"type\":\"output_text\",\"annotations\":[],\"text\":\"" +
                                         said + "\"}]}";
    return "{\"id\":\"resp_demo\",\"object\":\"response\",\"created_at\":0,\"status\":\"" +
           std::string(status) + "\",\"model\":\"" + std::string(kModel) + "\",\"output\":[" +
           output + "],\"usage\":{\"input_tokens\":" + tokens +
           ",\"output_tokens\":" + std::to_string(text.size()) + ",\"total_tokens\":" + tokens +
           "}}";
  };
  if (!stream) return whole(response("completed", join(text)));
  std::size_t number = 0;
  const auto next = [&] { return ",\"sequence_number\":" + std::to_string(number++); };
  const std::string place = ",\"item_id\":\"msg_demo\",\"output_index\":0,\"content_index\":0";
  std::vector<std::string> pieces;
  pieces.push_back(
      event("response.created", next() + ",\"response\":" + response("in_progress", "")));
  pieces.push_back(event(
      "response.output_item.added",
      next() + ",\"output_index\":0,\"item\":{\"type\":\"message\",\"id\":\"msg_demo\",\"role\":"
               "\"assistant\",\"status\":\"in_progress\",\"content\":[]}"));
  pieces.push_back(event(
      "response.content_part.added",
      next() + place + ",\"part\":{\"type\":\"output_text\",\"annotations\":[],\"text\":\"\"}"));
  for (const std::string& word : text) {
    pieces.push_back(
        event("response.output_text.delta", next() + place + ",\"delta\":\"" + word + "\""));
  }
  pieces.push_back(
      event("response.output_text.done", next() + place + ",\"text\":\"" + join(text) + "\""));
  pieces.push_back(
      event("response.completed", next() + ",\"response\":" + response("completed", join(text))));
  return stream_of(kSse, std::move(pieces));
}

DemoAnswer anthropic(const std::vector<std::string>& text, bool stream, const std::string& tokens) {
  const auto message = [&](const std::string& content, const char* reason) {
    return "{\"id\":\"msg_demo\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"" +
           std::string(kModel) + "\",\"content\":[" + content + "],\"stop_reason\":" + reason +
           ",\"stop_sequence\":null,\"usage\":{\"input_tokens\":" + tokens +
           ",\"output_tokens\":" + std::to_string(text.size()) + "}}";
  };
  if (!stream)
    return whole(message("{\"type\":\"text\",\"text\":\"" + join(text) + "\"}", "\"end_turn\""));
  std::vector<std::string> pieces;
  pieces.push_back(event("message_start", ",\"message\":" + message("", "null")));
  pieces.push_back(event("content_block_start",
                         ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}"));
  for (const std::string& word : text) {
    pieces.push_back(
        event("content_block_delta",
              ",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" + word + "\"}"));
  }
  pieces.push_back(event("content_block_stop", ",\"index\":0"));
  pieces.push_back(
      event("message_delta",
            ",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{"
            "\"output_tokens\":" +
                std::to_string(text.size()) + "}"));
  pieces.push_back(event("message_stop", ""));
  return stream_of(kSse, std::move(pieces));
}

DemoAnswer ollama(const std::vector<std::string>& text, bool stream, bool is_chat,
                  const std::string& tokens) {
  const auto line = [&](const std::string& part, bool done) {
    const std::string said =
        is_chat ? "\"message\":{\"role\":\"assistant\",\"content\":\"" + part + "\"}"
                : "\"response\":\"" + part + "\"";
    return "{\"model\":\"" + std::string(kModel) + "\",\"created_at\":\"1970-01-01T00:00:00Z\"," +
           said + ",\"done\":" +
           (done ? "true,\"done_reason\":\"stop\",\"prompt_eval_count\":" + tokens +
                       ",\"eval_count\":" + std::to_string(text.size())
                 : "false") +
           "}\n";
  };
  if (!stream) return whole(line(join(text), true));
  std::vector<std::string> pieces;
  for (const std::string& word : text) pieces.push_back(line(word, false));
  pieces.push_back(line("", true));
  return stream_of("application/x-ndjson", std::move(pieces));
}

DemoAnswer gemini(const std::vector<std::string>& text, bool stream, bool sse,
                  const std::string& tokens) {
  const auto chunk = [&](const std::string& part, bool last) {
    return "{\"candidates\":[{\"index\":0,\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"" +
           part + "\"}]}" + (last ? ",\"finishReason\":\"STOP\"" : "") +
           "}],\"usageMetadata\":{\"promptTokenCount\":" + tokens +
           ",\"candidatesTokenCount\":" + std::to_string(text.size()) + "},\"modelVersion\":\"" +
           std::string(kModel) + "\"}";
  };
  if (!stream) return whole(chunk(join(text), true));
  std::vector<std::string> pieces;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string json = chunk(text[i], i + 1 == text.size());
    if (sse) {
      pieces.push_back("data: " + json + "\r\n\r\n");
    } else {
      pieces.push_back((i == 0 ? "[" : ",\r\n") + json + (i + 1 == text.size() ? "]" : ""));
    }
  }
  return stream_of(sse ? kSse : "application/json", std::move(pieces));
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

}  // namespace

DemoAnswer demo_answer(std::string_view method, std::string_view path, std::string_view query,
                       std::string_view body) {
  const auto text = words(body.size());
  const std::string tokens = std::to_string(body.size() / 4);
  const Asked asked = read(body);
  if (method == "POST") {
    if (ends_with(path, "/chat/completions")) return chat(text, asked.stream, tokens);
    if (ends_with(path, "/completions")) return completions(text, asked.stream);
    if (ends_with(path, "/responses")) return responses(text, asked.stream, tokens);
    if (ends_with(path, "/messages/count_tokens"))
      return whole("{\"input_tokens\":" + tokens + "}");
    if (ends_with(path, "/messages")) return anthropic(text, asked.stream, tokens);
    if (ends_with(path, "/api/chat")) return ollama(text, asked.ollama_stream, true, tokens);
    if (ends_with(path, "/api/generate")) return ollama(text, asked.ollama_stream, false, tokens);
    if (ends_with(path, ":countTokens")) return whole("{\"totalTokens\":" + tokens + "}");
    if (ends_with(path, ":generateContent")) return gemini(text, false, false, tokens);
    if (ends_with(path, ":streamGenerateContent")) {
      return gemini(text, true, query.find("alt=sse") != std::string_view::npos, tokens);
    }
  }
  if (method == "GET" && ends_with(path, "/api/tags"))
    return whole(R"({"models":[{"name":"pith-demo","model":"pith-demo"}]})");
  if (method == "GET" && ends_with(path, "/api/version"))
    return whole(R"({"version":"0.0.0-pith-demo"})");
  if (method == "GET" && ends_with(path, "/models")) {
    return whole(
        R"({"object":"list","data":[{"id":"pith-demo","object":"model","created":0,"owned_by":"pith"}]})");
  }
  if ((method == "GET" || method == "HEAD") && path == "/")
    return whole("\"Pith's demonstration upstream is running\"");
  return whole(
      R"({"error":{"message":"the demonstration upstream does not know this path","type":"not_found","param":null,"code":null}})",
      404);
}

}  // namespace pith
