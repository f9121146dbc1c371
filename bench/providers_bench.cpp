// Finding the editable strings of a chat body and splicing shorter ones in, next to what simdjson
// alone needs to walk it.
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <random>
#include <string>

#include "apps/providers/json_tree.h"
#include "apps/providers/provider.h"

namespace pith {
namespace {

// Messages of about 2 KB (escapes and emoji in them) and, from 64 KB on, images of 16 KB base64,
// until `bytes` are full.
std::string chat_body(std::size_t bytes) {
  std::mt19937 random(1);
  std::string body =
      R"({"model":"gpt-4.1","stream":true,"temperature":1e0,"messages":[{"role":"system","content":"Be exact."})";
  for (int i = 0; body.size() < bytes; ++i) {
    body += i % 2 == 0 ? R"(,{"role":"user","content":[{"type":"text","text":")"
                       : R"(,{"role":"assistant","content":[{"type":"text","text":")";
    for (int words = 0; words < 300 && body.size() < bytes; ++words) {
      static constexpr const char* kWords[] = {
          "the ", "retry ",  "policy\\n",       "\\\"quoted\\\" ",
          "of ",  "größer ", "\\ud83d\\ude80 ", "connection "};
      body += kWords[random() % 8];
    }
    body += "\"}";
    if (i % 2 == 0 && bytes >= 65536 && body.size() + 16384 < bytes) {
      body += R"(,{"type":"image_url","image_url":{"url":"data:image/png;base64,)";
      for (int j = 0; j < 16384; ++j) body += static_cast<char>('A' + random() % 26);
      body += "\"}}";
    }
    body += "]}";
  }
  return body + "]}";
}

void set_rate(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes));
}

void BM_ParseRequest(benchmark::State& state) {
  const std::string body = chat_body(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(parse_request(Api::kOpenAiChat, "/v1/chat/completions", body));
  set_rate(state, body.size());
}
BENCHMARK(BM_ParseRequest)
    ->ArgName("bytes")
    ->Arg(4 << 10)
    ->Arg(64 << 10)
    ->Arg(5 << 20)
    ->Unit(benchmark::kMicrosecond);

void BM_JsonTree(benchmark::State& state) {
  const std::string body = chat_body(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(JsonTree::parse(body));
  set_rate(state, body.size());
}
BENCHMARK(BM_JsonTree)
    ->ArgName("bytes")
    ->Arg(4 << 10)
    ->Arg(64 << 10)
    ->Arg(5 << 20)
    ->Unit(benchmark::kMicrosecond);

std::size_t walk(simdjson::ondemand::value value) {
  std::size_t bytes = 0;
  switch (value.type()) {
    case simdjson::ondemand::json_type::array:
      for (auto item : value.get_array()) bytes += walk(item.value());
      break;
    case simdjson::ondemand::json_type::object:
      for (auto field : value.get_object()) {
        bytes += field.key().raw() != nullptr ? 1U : 0U;
        bytes += walk(field.value());
      }
      break;
    default:
      bytes += value.raw_json_token().size();
  }
  return bytes;
}

// The alternative: on demand, every value visited, no strings decoded; with the copy into a padded
// buffer.
void BM_SimdjsonOnDemandWalk(benchmark::State& state) {
  const std::string body = chat_body(static_cast<std::size_t>(state.range(0)));
  simdjson::ondemand::parser parser;
  for (auto _ : state) {
    const simdjson::padded_string padded(body);
    auto document = parser.iterate(padded);
    benchmark::DoNotOptimize(walk(document.get_value().value()));
  }
  set_rate(state, body.size());
}
BENCHMARK(BM_SimdjsonOnDemandWalk)
    ->ArgName("bytes")
    ->Arg(4 << 10)
    ->Arg(64 << 10)
    ->Arg(5 << 20)
    ->Unit(benchmark::kMicrosecond);

void BM_SpliceBody(benchmark::State& state) {
  const std::string body = chat_body(static_cast<std::size_t>(state.range(0)));
  const ParsedRequest request = *parse_request(Api::kOpenAiChat, "/v1/chat/completions", body);
  std::vector<BodyEdit> edits;
  for (const EditableText& text : request.texts)
    edits.push_back({text.raw, text.text.substr(0, text.text.find(' ') + 1) + "shorter"});
  for (auto _ : state) benchmark::DoNotOptimize(splice_body(body, edits));
  set_rate(state, body.size());
}
BENCHMARK(BM_SpliceBody)
    ->ArgName("bytes")
    ->Arg(4 << 10)
    ->Arg(64 << 10)
    ->Arg(5 << 20)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace pith
