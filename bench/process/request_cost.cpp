// pith_request_cost: CPU that one request with a 2,048-token tool result costs, by process: `pith
// proxy` (HTTP, JSON, memo, log, its end of ZeroMQ) and `pith compressd` (the other end, tokenize,
// score, select).
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "bench/process/proxies.h"
#include "tests/process/harness/raw_http.h"

namespace {

using pith::process::Child;
using pith::process::Headers;
using pith::process::Launch;
using pith::process::Millis;
using pith::process::RawSocket;

std::string words(std::size_t count, std::size_t seed) {
  static constexpr const char* kWords[] = {
      "the",    "report", "of",   "meeting",    "was",     "read",    "by",       "members",
      "and",    "a",      "long", "discussion", "about",   "harbour", "because",  "storm",
      "broken", "bridge", "near", "village",    "without", "warning", "although", "nobody"};
  std::mt19937_64 random(seed);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += kWords[random() % std::size(kWords)];
    text += i % 13 == 12 ? ". " : " ";
  }
  return text;
}

std::string chat(const std::string& text) {
  return R"({"model":"gpt-4o-mini","messages":[{"role":"user","content":"What happened?"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"read","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":")" +
         text + "\"}]}";
}

struct Cost {
  double proxy_ms = 0.0, compressor_ms = 0.0;
  std::size_t with_status = 0, tokens = 0;
};

}  // namespace

int main(int argc, char** argv) {
  std::size_t requests = 600;
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--quick") {
      requests = 30;
    } else {
      std::fprintf(stderr, "usage: pith_request_cost [--quick]\n");
      return 2;
    }
  }
  const pith::process::TempDir dir;
  Child mock(Launch{{PITH_MOCK_UPSTREAM, "--no-record"}, {}, {}});
  const auto upstream = mock.wait_line("mock: listening on ");
  const std::string endpoint = "ipc://" + dir.path("compressd.sock");
  Child compressor(Launch{{PITH_PROGRAM, "compressd", "--endpoint", endpoint}, {}, {}});
  Child proxy(
      Launch{{PITH_PROGRAM, "proxy", "--listen", "127.0.0.1:0", "--upstream", upstream.value_or(""),
              "--state", dir.path("state"), "--compressor", endpoint, "--log-level", "warning"},
             {},
             {}});
  const auto url = proxy.wait_line("pith: listening on ");
  if (!upstream || !url) {
    std::fprintf(stderr, "pith proxy did not start: %s\n", proxy.errors().c_str());
    return 1;
  }
  const auto port = static_cast<std::uint16_t>(std::atoi(url->c_str() + url->rfind(':') + 1));
  RawSocket socket(port);
  std::size_t asked = 0;
  const auto measure = [&](const std::string& conversation, const char* mode, const char* status,
                           std::size_t first_text) {
    Cost cost;
    const long proxy_before = pith::process::cpu_us(proxy.pid());
    const long compressor_before = pith::process::cpu_us(compressor.pid());
    for (std::size_t i = 0; i < requests; ++i) {
      const Headers headers{{"content-type", "application/json"},
                            {"x-mock-plain", "1"},
                            {"x-pith-mode", mode},
                            {"x-pith-conversation", conversation + std::to_string(first_text + i)}};
      socket.send(pith::process::request_bytes("POST", "/v1/chat/completions", headers,
                                               chat(words(1890, first_text + i))));
      const auto reply = socket.read_reply(Millis(20'000));
      ++asked;
      cost.with_status += reply.header("x-pith-status") == status ? 1 : 0;
      cost.tokens +=
          static_cast<std::size_t>(std::atol(reply.header("x-pith-tokens-before").c_str()));
    }
    const auto each = 1e3 * static_cast<double>(requests);
    cost.proxy_ms = static_cast<double>(pith::process::cpu_us(proxy.pid()) - proxy_before) / each;
    cost.compressor_ms =
        static_cast<double>(pith::process::cpu_us(compressor.pid()) - compressor_before) / each;
    return cost;
  };
  const bool up = pith::process::eventually(
      [&] {
        return pith::process::request(port, "POST", "/v1/chat/completions",
                                      {{"content-type", "application/json"}},
                                      chat(words(1890, ++asked + 10'000'000)))
                   .header("x-pith-status") == "compressed";
      },
      Millis(10'000));
  if (!up) {
    std::fprintf(stderr, "the compressor does not answer: %s\n", compressor.errors().c_str());
    return 1;
  }
  std::printf("CPU per request with one tool result, %zu requests each, on %s\n", requests,
              pith::bench::machine().c_str());
  std::printf("%-34s %12s %12s %12s %10s\n", "", "proxy ms", "compressd ms", "together ms",
              "tokens");
  bool passes = true;
  const struct {
    const char *name, *conversation, *mode, *status;
  } rows[] = {{"forwarded (x-pith-mode: off)", "forwarded", "off", "off"},
              {"first seen: compressed", "cut", "on", "compressed"},
              {"seen before: same form again", "cut", "on", "reuse"}};
  for (const auto& row : rows) {
    const Cost cost = measure(row.conversation, row.mode, row.status, 1);
    std::printf("%-34s %12.2f %12.2f %12.2f %10zu", row.name, cost.proxy_ms, cost.compressor_ms,
                cost.proxy_ms + cost.compressor_ms, cost.tokens / requests);
    if (cost.with_status != requests) std::printf("  only %zu %s", cost.with_status, row.status);
    if (std::string(row.status) == "compressed") {
      const bool fast = cost.with_status == requests && cost.proxy_ms < 1.0 &&
                        cost.proxy_ms + cost.compressor_ms < 8.0;
      std::printf("  proxy under 1, together under 8: %s", fast ? "PASS" : "FAIL");
      passes = passes && fast;
    }
    passes = passes && cost.with_status == requests;
    std::printf("\n");
  }
  return passes || requests < 100 ? 0 : 1;
}
