// pith_encoder_bench: Pith's encoder as one of the peers of encoder_bench.py. Reads commands from
// standard input, a JSON object a line, and answers each with one:
//   {"shape": S, "layers": 6, "hidden": 384, "heads": 12, "ffn": 1536, "write": DIR}
//       writes a model of random weights and opens it in every precision that the CPU has
//   {"peer": "pith_fp32", "passes": 3, "lengths": [512]}      that many passes over such a batch
//   {"peer": ..., "passes": 1, "lengths": [...], "threads": 2}  a thread per chunk in turn
//   {"peer": ..., "ids": [...]}                               logits
//   {"front": DIR, "pieces": 2000}                            tokenise, select, copy
//   {"text": DIR, "pieces": 4093, "seed": 1}                  a text of that length
//   {"model": DIR, "kind": "bert", "vocab": 8100, layers...}  random weights only
#include <simdjson.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "bench/encoder/cpu_time.h"
#include "bench/encoder/front_cost.h"
#include "bench/encoder/random_model.h"
#include "stages/network/encoder.h"

namespace pith::bench {
namespace {

using Json = simdjson::dom::element;

std::int64_t number(const Json& command, const char* name, std::int64_t otherwise) {
  std::int64_t value = otherwise;
  return command[name].get(value) == simdjson::SUCCESS ? value : otherwise;
}

std::string text_of(const Json& command, const char* name) {
  std::string_view value;
  return command[name].get(value) == simdjson::SUCCESS ? std::string(value) : "";
}

std::vector<std::int32_t> numbers(const Json& command, const char* name) {
  std::vector<std::int32_t> values;
  simdjson::dom::array array;
  if (command[name].get(array) != simdjson::SUCCESS) return values;
  for (const Json each : array) {
    values.push_back(static_cast<std::int32_t>(each.get_int64().value_unsafe()));
  }
  return values;
}

EncoderConfig config_of(const Json& command) {
  EncoderConfig config;
  const auto field = [&](const char* name, std::int32_t otherwise) {
    return static_cast<std::int32_t>(number(command, name, otherwise));
  };
  config.kind =
      text_of(command, "kind") == "xlm-roberta" ? EncoderKind::kXlmRoberta : EncoderKind::kBert;
  const bool bert = config.kind == EncoderKind::kBert;
  config.vocab_size = field("vocab", 8000);
  config.hidden_size = field("hidden", 384);
  config.num_layers = field("layers", 6);
  config.num_heads = field("heads", 12);
  config.intermediate_size = field("ffn", 1536);
  config.max_positions = bert ? 512 : 514;
  config.type_vocab_size = bert ? 2 : 1;
  config.pad_id = bert ? 0 : 1;
  return config;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) >= 0x20) {
      out += c;
    }
  }
  return out;
}

std::string failed(const Error& error) { return R"({"error": ")" + escaped(error.detail) + "\"}"; }

/// A batch of sequences with ids and positions of its own.
class Batch {
 public:
  Batch(const EncoderConfig& config, const std::vector<std::int32_t>& lengths) {
    for (const std::int32_t length : lengths) {
      std::vector<std::int32_t> ids(static_cast<std::size_t>(length));
      for (std::int32_t i = 0; i < length; ++i) {
        ids[static_cast<std::size_t>(i)] = 5 + (i * 7919 + length) % (config.vocab_size - 5);
      }
      positions_.push_back(position_ids(config, ids));
      ids_.push_back(std::move(ids));
      num_tokens_ += static_cast<std::size_t>(length);
    }
    for (std::size_t i = 0; i < ids_.size(); ++i) sequences_.push_back({ids_[i], positions_[i]});
  }
  std::span<const EncoderSequence> sequences() const { return sequences_; }
  std::size_t num_tokens() const { return num_tokens_; }

 private:
  std::vector<std::vector<std::int32_t>> ids_, positions_;
  std::vector<EncoderSequence> sequences_;
  std::size_t num_tokens_ = 0;
};

class Peer {
 public:
  std::string answer(const Json& command) {
    const std::string peer = text_of(command, "peer");
    if (!peer.empty()) {
      const auto found = encoders_.find(peer);
      if (found == encoders_.end()) return R"({"error": "no such peer"})";
      return command["ids"].error() == simdjson::SUCCESS ? logits(*found->second, command)
                                                         : run(*found->second, command);
    }
    if (!text_of(command, "front").empty()) return front(command);
    if (!text_of(command, "text").empty()) {
      auto text = english_text(text_of(command, "text"),
                               static_cast<std::size_t>(number(command, "pieces", 4093)),
                               static_cast<unsigned>(number(command, "seed", 1)));
      return text ? R"({"text": ")" + escaped(*text) + "\"}" : failed(text.error());
    }
    if (!text_of(command, "model").empty()) {
      const auto written = write_random_model(text_of(command, "model"), config_of(command));
      return written ? "{}" : failed(written.error());
    }
    return open(command);
  }

 private:
  std::string open(const Json& command) {
    encoders_.clear();
    const std::string folder = text_of(command, "write");
    const auto written = write_random_model(folder, config_of(command));
    if (!written) return failed(written.error());
    std::string peers;
    for (const auto& [name, precision] :
         {std::pair{"pith_fp32", Precision::kFloat32}, std::pair{"pith_int8", Precision::kInt8},
          std::pair{"pith_bf16", Precision::kBfloat16}}) {
      auto encoder = Encoder::open(folder, precision);
      if (!encoder && precision != Precision::kFloat32) continue;  // Not every CPU has it.
      if (!encoder) return failed(encoder.error());
      encoders_[name] = *std::move(encoder);
      peers += (peers.empty() ? "\"" : ", \"") + std::string(name) + "\"";
    }
    return R"({"peers": [)" + peers + "]}";
  }

  static std::string run(const Encoder& encoder, const Json& command) {
    std::vector<std::int32_t> lengths = numbers(command, "lengths");
    if (lengths.empty()) lengths = {static_cast<std::int32_t>(number(command, "length", 512))};
    const Batch batch(encoder.config(), lengths);
    const std::int64_t passes = number(command, "passes", 1);
    const auto num_threads = static_cast<std::size_t>(number(command, "threads", 0));
    std::atomic<bool> good = true;
    const auto begin = std::chrono::steady_clock::now();
    const double cpu_begin = cpu_seconds();
    for (std::int64_t pass = 0; pass < passes; ++pass) {
      if (num_threads == 0) {
        good = good && encoder.forward(batch.sequences());
        continue;
      }
      std::atomic<std::size_t> next = 0;
      const auto work = [&] {
        for (std::size_t i = next++; i < batch.sequences().size(); i = next++) {
          if (!encoder.forward(batch.sequences().subspan(i, 1))) good = false;
        }
      };
      std::vector<std::thread> threads;
      for (std::size_t i = 1; i < num_threads; ++i) threads.emplace_back(work);
      work();
      for (std::thread& thread : threads) thread.join();
    }
    const double cpu_s = cpu_seconds() - cpu_begin;
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    if (!good) return R"({"error": "a pass failed"})";
    return R"({"tokens": )" +
           std::to_string(batch.num_tokens() * static_cast<std::size_t>(passes)) +
           R"(, "cpu_s": )" + std::to_string(cpu_s) + R"(, "wall_s": )" +
           std::to_string(wall.count()) + "}";
  }

  static std::string logits(const Encoder& encoder, const Json& command) {
    const std::vector<std::int32_t> ids = numbers(command, "ids");
    const std::vector<std::int32_t> positions = position_ids(encoder.config(), ids);
    const EncoderSequence sequence{ids, positions};
    const auto values = encoder.forward({&sequence, 1});
    if (!values) return failed(values.error());
    std::string list;
    for (const float value : *values) {
      char digits[32];
      std::snprintf(digits, sizeof digits, "%s%.9g", list.empty() ? "" : ", ",
                    static_cast<double>(value));
      list += digits;
    }
    return R"({"logits": [)" + list + "]}";
  }

  static std::string front(const Json& command) {
    const auto cost = measure_front(text_of(command, "front"),
                                    static_cast<std::size_t>(number(command, "pieces", 2000)));
    if (!cost) return failed(cost.error());
    return R"({"tokens": )" + std::to_string(cost->num_pieces) + R"(, "cpu_s": )" +
           std::to_string(cost->cpu_s) + "}";
  }

  std::map<std::string, std::shared_ptr<const Encoder>> encoders_;
};

}  // namespace
}  // namespace pith::bench

int main() {
  pith::bench::Peer peer;
  simdjson::dom::parser parser;
  for (std::string line; std::getline(std::cin, line);) {
    simdjson::dom::element command;
    if (parser.parse(line).get(command) != simdjson::SUCCESS) {
      std::fprintf(stderr, "pith_encoder_bench: a command is not JSON\n");
      return 2;
    }
    std::cout << peer.answer(command) << std::endl;
  }
  return 0;
}
