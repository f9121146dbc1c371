// POST /v1/compress: the sidecar contract that existing gateways call.
// {messages, model, config?} -> {messages, tokens_before, tokens_after, tokens_saved,
// compression_ratio, transforms_applied, notes?}. Stateless: the same messages give the same
// answer, so a gateway's prompt cache stays whole. Gateways send more than that (token_budget, a
// dozen settings in config); what is not heeded here is said in the notes, not refused.
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "apps/json_api/compress_json.h"
#include "apps/json_api/json_text.h"
#include "apps/providers/provider.h"
#include "apps/proxy/local_api.h"
#include "apps/proxy/request_id.h"
#include "apps/proxy/shortened_text.h"
#include "apps/proxy/target_texts.h"

namespace pith {
namespace {

/// Both shapes are called "messages"; blocks that only Anthropic has tell them apart.
Api shape_of(std::string_view body) {
  for (const char* mark : {"\"tool_result\"", "\"tool_use\"", "\"cache_control\""}) {
    if (body.find(mark) != std::string_view::npos) return Api::kAnthropicMessages;
  }
  return Api::kOpenAiChat;
}

/// The raw JSON of the top-level "messages". Empty when there is none.
std::string messages_json(const std::string& body) {
  const simdjson::padded_string padded(body);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::array messages;
  std::string_view raw;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document["messages"].get_array().get(messages) != simdjson::SUCCESS ||
      messages.raw_json().get(raw) != simdjson::SUCCESS) {
    return {};
  }
  const auto last = raw.find_last_of(']');
  return std::string(raw.substr(0, last + 1));
}

struct Settings {
  std::optional<float> rate;
  std::vector<std::string> notes;
};

/// {"config": {"rate": number}}: the one setting that callers of this contract may override. `body`
/// is one that parse_request has read.
Result<Settings> read_settings(std::string_view body) {
  constexpr std::size_t kNotesMax = 16;
  Settings settings;
  const auto ignored = [&](std::string_view where, std::string_view name, const char* why) {
    if (settings.notes.size() == kNotesMax) return;
    settings.notes.push_back("ignored: " + std::string(where) + std::string(name.substr(0, 64)) +
                             why);
  };
  // Not the DOM: it refuses whole numbers of 20 digits, which are none of our business.
  const simdjson::padded_string padded(body);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object root;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(root) != simdjson::SUCCESS) {
    return settings;
  }
  for (auto field : root) {
    std::string_view name;
    simdjson::ondemand::object config;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS) break;
    if (name == "rate") return Error{ErrorCode::kInvalidArgument, "rate belongs in config"};
    if (name != "config") {
      if (name != "messages" && name != "model") ignored("", name, "");
      continue;
    }
    if (field.value().get_object().get(config) != simdjson::SUCCESS) {
      ignored("", name, ", which must be an object");
      continue;
    }
    for (auto setting : config) {
      double rate = 0.0;
      if (setting.unescaped_key().get(name) != simdjson::SUCCESS) break;
      if (name != "rate") {
        ignored("config.", name, "");
      } else if (setting.value().get_double().get(rate) == simdjson::SUCCESS && rate > 0.0 &&
                 rate <= 1.0) {
        settings.rate = static_cast<float>(rate);
      } else {
        ignored("config.", name, ", which must be above 0 and at most 1");
      }
    }
  }
  return settings;
}

struct Call {
  std::string body;
  ParsedRequest parsed;
  std::vector<std::size_t> targets;
  std::uint32_t other_tokens = 0;
  std::vector<std::string> notes;
};

void append_list(std::string& out, const std::vector<std::string>& texts) {
  out += '[';
  for (const std::string& text : texts) {
    if (out.back() != '[') out += ',';
    append_json_string(out, text);
  }
  out += ']';
}

std::string answer_of(const Call& call, const CompressReply* reply) {
  std::uint32_t before = call.other_tokens;
  std::uint32_t after = call.other_tokens;
  std::vector<BodyEdit> edits;
  std::vector<std::string> transforms;
  for (std::size_t s = 0; reply != nullptr && s < reply->segments.size(); ++s) {
    const SegmentReply& segment = reply->segments[s];
    const EditableText& text = call.parsed.texts[call.targets[s]];
    before += segment.origin_tokens;
    std::string shorter = shortened_text(segment, text.text);
    if (shorter.empty()) {
      after += segment.origin_tokens;
      continue;
    }
    after += segment.compressed_tokens;
    edits.push_back({text.raw, std::move(shorter)});
    for (const std::string& name : segment.transforms) {
      if (std::find(transforms.begin(), transforms.end(), name) == transforms.end())
        transforms.push_back(name);
    }
  }
  std::string out = "{\"messages\":" + messages_json(splice_body(call.body, edits));
  out += ",\"tokens_before\":" + std::to_string(before) +
         ",\"tokens_after\":" + std::to_string(after) +
         ",\"tokens_saved\":" + std::to_string(before - after) + ",\"compression_ratio\":";
  append_json_number(out, before == 0 ? 1.0 : static_cast<double>(after) / before);
  out += ",\"transforms_applied\":";
  append_list(out, transforms);
  if (!call.notes.empty()) {
    out += ",\"notes\":";
    append_list(out, call.notes);
  }
  return out + "}";
}

}  // namespace

void LocalApi::compress_messages(const EdgeRequest& request, const Answer& answer) {
  const auto config = parts_.config();
  auto call = std::make_shared<Call>();
  call->body.reserve(request.body.size() + 64);
  call->body = request.body;
  const Api api = shape_of(call->body);
  auto parsed = parse_request(api, "/v1/compress", call->body);
  if (!parsed) return answer(json_error(400, parsed.error().detail));
  call->parsed = *std::move(parsed);
  if (messages_json(call->body).empty()) return answer(json_error(400, "messages must be a list"));
  auto settings = read_settings(call->body);
  if (!settings) return answer(json_error(400, settings.error().detail));
  call->notes = std::move(settings->notes);
  auto reader =
      load_token_counter(reader_for_model(*config, call->parsed.model), parts_.models_dir);
  if (!reader) return answer(json_error(503, reader.error().detail));

  CompressRequest asked;
  asked.id = new_request_id();
  asked.options.reader = (*reader)->name();
  asked.options.target_rate = settings->rate.value_or(config->rate);
  asked.options.protect = config->protect;
  asked.options.force_tokens = config->force_tokens;
  asked.options.min_tokens = config->min_tokens;
  asked.options.min_gain = config->min_gain;
  for (std::size_t i = 0; i < call->parsed.texts.size(); ++i) {
    const EditableText& text = call->parsed.texts[i];
    if (is_target(text, *config, **reader)) {
      call->targets.push_back(i);
      asked.segments.push_back({text.text, text.kind, text.query});
    } else {
      call->other_tokens += (*reader)->count(text.text);
    }
  }
  if (call->targets.empty()) return answer(json_response(200, answer_of(*call, nullptr)));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  parts_.broker->compress(std::move(asked), deadline, request.cancelled,
                          [call, answer](Result<CompressReply> reply) {
                            if (!reply)
                              return answer(json_response(503, error_json(reply.error())));
                            if (reply->segments.size() != call->targets.size())
                              return answer(json_error(503, "malformed reply"));
                            answer(json_response(200, answer_of(*call, &*reply)));
                          });
}

}  // namespace pith
