#include <cassert>

#include "apps/json_api/compress_json.h"
#include "apps/json_api/json_text.h"

namespace pith {
namespace {

void append_id(std::string& out, std::string_view id) {
  if (id.empty()) return;
  out += "\"id\":";
  out += id;
  out += ',';
}

void append_spans(std::string& out, const std::vector<ByteSpan>& spans) {
  out += '[';
  for (const ByteSpan& span : spans) {
    if (out.back() != '[') out += ',';
    out += '[';
    out += std::to_string(span.begin);
    out += ',';
    out += std::to_string(span.end);
    out += ']';
  }
  out += ']';
}

void append_notes(std::string& out, const CompressReply& reply, bool list) {
  out += '[';
  for (std::size_t i = 0; i < reply.segments.size(); ++i) {
    for (const std::string& note : reply.segments[i].notes) {
      if (out.back() != '[') out += ',';
      append_json_string(out, list ? "[" + std::to_string(i) + "] " + note : note);
    }
  }
  out += ']';
}

std::string answer(const CompressRequest& request, const CompressReply& reply, bool list,
                   std::string_view id) {
  assert(request.segments.size() == reply.segments.size());
  std::vector<std::string> texts;
  std::string joined;
  std::uint64_t origin_tokens = 0;
  std::uint64_t compressed_tokens = 0;
  for (std::size_t i = 0; i < reply.segments.size(); ++i) {
    const SegmentReply& segment = reply.segments[i];
    std::string text = apply_spans(request.segments[i].text, segment.kept, segment.markers);
    if (i > 0) joined += "\n\n";
    joined += text;
    if (list) texts.push_back(std::move(text));
    origin_tokens += segment.origin_tokens;
    compressed_tokens += segment.compressed_tokens;
  }
  std::string out = "{";
  append_id(out, id);
  out += "\"compressed_prompt\":";
  append_json_string(out, joined);
  if (list) {
    out += ",\"compressed_prompt_list\":[";
    for (const std::string& text : texts) {
      if (out.back() != '[') out += ',';
      append_json_string(out, text);
    }
    out += ']';
  }
  out += ",\"origin_tokens\":" + std::to_string(origin_tokens);
  out += ",\"compressed_tokens\":" + std::to_string(compressed_tokens);
  out += ",\"achieved_rate\":";
  append_json_number(out, origin_tokens == 0 ? 1.0
                                             : static_cast<double>(compressed_tokens) /
                                                   static_cast<double>(origin_tokens));
  out += ",\"kept\":";
  if (list) out += '[';
  for (std::size_t i = 0; i < reply.segments.size(); ++i) {
    if (i > 0) out += ',';
    append_spans(out, reply.segments[i].kept);
  }
  if (list) out += ']';
  out += ",\"policy\":";
  append_json_string(out, reply.policy);
  out += ",\"notes\":";
  append_notes(out, reply, list);
  out += '}';
  return out;
}

}  // namespace

std::string compress_answer_json(const CompressCall& call, const CompressReply& reply) {
  return answer(call.request, reply, call.list, call.id);
}

std::string compress_answer_json(const CompressRequest& request, const CompressReply& reply) {
  return answer(request, reply, request.segments.size() != 1, {});
}

std::string error_json(const Error& error, std::string_view id) {
  std::string out = "{";
  append_id(out, id);
  out += "\"error\":{\"code\":";
  append_json_string(out, to_string(error.code));
  out += ",\"message\":";
  append_json_string(out, error.detail);
  out += "}}";
  return out;
}

}  // namespace pith
