// pith_soak: 100,000 requests of every kind through one pith serve; its memory must stay flat, and
// nothing may be left open. Bounded in requests and in time.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "bench/process/proxies.h"
#include "tests/process/harness/raw_http.h"

namespace {

using pith::process::Millis;
using pith::process::RawSocket;
using pith::process::request_bytes;

struct Counts {
  std::atomic<std::size_t> next{0}, answered{0}, compressed{0}, reused{0}, errors{0}, aborted{0},
      failed{0};
};

std::string words(std::size_t count, std::size_t seed) {
  static constexpr const char* kWords[] = {
      "the",      "report",  "of",      "meeting", "was",        "read",  "by",
      "members",  "and",     "a",       "long",    "discussion", "about", "harbour",
      "followed", "because", "storm",   "had",     "broken",     "old",   "bridge",
      "near",     "village", "without", "warning"};
  std::mt19937_64 random(seed);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += kWords[random() % std::size(kWords)];
    text += i % 12 == 11 ? ".\\n" : " ";
  }
  return text;
}

std::string chat(const std::string& text, bool stream) {
  return std::string(R"({"model":"gpt-4o-mini",)") + (stream ? R"("stream":true,)" : "") +
         R"("messages":[{"role":"user","content":"What happened?"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"read","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":")" +
         text + "\"}]}";
}

constexpr std::size_t kFillWords = 8000, kFillTexts = 4000;
constexpr std::size_t kWarm = 10'000;  ///< Runs of fewer requests only show that the bench works.

/// One request of the mix, by its number; false when the connection must be replaced.
bool step(RawSocket& socket, std::size_t number, Counts& counts) {
  const std::size_t kind = number % 100;
  pith::process::Headers headers{
      {"content-type", "application/json"},
      {"x-mock-fixed", "1"},
      {"authorization", "Bearer key-" + std::to_string(number / 100 % 7)}};
  std::string body = chat("short", kind >= 60 && kind < 80);
  if (kind >= 80 && kind < 90) {  // Five new long texts, each of them once more.
    const std::size_t pair = number / 100 * 5 + (kind - 80) % 5;
    headers.emplace_back("x-pith-conversation", "soak-" + std::to_string(pair));
    body = chat(words(700, pair), false);
  } else if (kind == 90) {
    headers.emplace_back("x-mock-status", "500");
  } else if (kind == 91) {
    headers.emplace_back("x-mock-hold", number % 200 == 91 ? "head" : "mid");
    body = chat("short", true);
  } else if (kind == 92) {
    headers.emplace_back("x-mock-cut-after", "200");
    body = chat("short", true);
  } else if (kind == 93) {
    body += "broken";
  }
  if (!socket.send(request_bytes("POST", "/v1/chat/completions", headers, body))) {
    ++counts.failed;
    return false;
  }
  if (kind == 91) {
    if (number % 200 != 91) socket.read_some(100, Millis(2000));
    socket.close();
    ++counts.aborted;
    return false;
  }
  const auto reply = socket.read_reply(Millis(20'000));
  if (kind == 92) {
    if (reply.complete) ++counts.failed;
    return false;
  }
  if (!reply.complete || reply.status != (kind == 90 ? 500 : 200)) {
    std::fprintf(stderr, "request %zu (kind %zu): status %d, complete %d\n", number, kind,
                 reply.status, reply.complete);
    ++counts.failed;
    return false;
  }
  ++counts.answered;
  if (kind == 90) ++counts.errors;
  if (reply.header("x-pith-status") == "compressed") ++counts.compressed;
  if (reply.header("x-pith-status") == "reuse") ++counts.reused;
  return reply.header("connection") != "close";
}

/// New long texts until the caches that have a bound are at it: what grows after that is a leak.
void fill_caches(std::uint16_t port, std::size_t texts, Counts& counts) {
  std::vector<std::thread> threads;
  std::atomic<std::size_t> next{0};
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      RawSocket socket(port);
      for (std::size_t n = 0; (n = next++) < texts;) {
        const pith::process::Headers headers{{"content-type", "application/json"},
                                             {"x-mock-plain", "1"},
                                             {"x-pith-conversation", "fill-" + std::to_string(n)}};
        socket.send(request_bytes("POST", "/v1/chat/completions", headers,
                                  chat(words(kFillWords, 1'000'000 + n), false)));
        if (socket.read_reply(Millis(20'000)).status != 200) ++counts.failed;
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

std::size_t open_files(pid_t pid) {
  std::size_t count = 0;
  for (int fd = 0; fd < 16'384; ++fd) {
    const std::string path = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd);
    char target[8];
    count += readlink(path.c_str(), target, sizeof target) >= 0 ? 1 : 0;
  }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t requests = 100'000;
  double minutes_max = 15.0;
  pith::bench::Programs programs{PITH_PROGRAM, PITH_MOCK_UPSTREAM, ""};
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--quick") {
      requests = 1000;
    } else if (argument == "--requests" && i + 1 < argc) {
      requests = static_cast<std::size_t>(std::atol(argv[++i]));
    } else if (argument == "--minutes" && i + 1 < argc) {
      minutes_max = std::atof(argv[++i]);
    } else if (argument == "--pith" && i + 1 < argc) {
      programs.pith = argv[++i];
    } else {
      std::fprintf(stderr,
                   "usage: pith_soak [--quick] [--requests N] [--minutes M] [--pith PROGRAM]\n");
      return 2;
    }
  }
  const pith::bench::Proxies proxies(programs);
  if (!proxies.error().empty()) {
    std::fprintf(stderr, "%s\n", proxies.error().c_str());
    return 1;
  }
  const auto& pith = proxies.pith_looking();
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  std::printf("%zu requests through one pith serve, 8 connections, at most %.0f minutes, on %s\n",
              requests, minutes_max, pith::bench::machine().c_str());
  Counts counts;
  if (requests >= kWarm) {
    fill_caches(pith.port, kFillTexts, counts);
    std::printf("after %zu new texts of %zu words, which fill the memo's cache: %.1f MiB\n",
                kFillTexts, kFillWords, static_cast<double>(pith.resident_kib()) / 1024.0);
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      auto socket = std::make_unique<RawSocket>(pith.port);
      for (std::size_t n = 0; (n = counts.next++) < requests && seconds() < minutes_max * 60;) {
        if (!step(*socket, n, counts)) socket = std::make_unique<RawSocket>(pith.port);
      }
    });
  }
  long warm_kib = 0;
  std::printf("%10s %8s %14s %6s\n", "requests", "s", "resident MiB", "files");
  for (std::size_t tenth = 1; tenth <= 10; ++tenth) {
    while (counts.next < requests * tenth / 10 && seconds() < minutes_max * 60)
      pith::process::sleep_for(Millis(20));
    if (tenth == 2) warm_kib = pith.resident_kib();
    std::printf("%10zu %8.1f %14.1f %6zu\n", std::min(counts.next.load(), requests), seconds(),
                static_cast<double>(pith.resident_kib()) / 1024.0, open_files(pith.pids.back()));
    std::fflush(stdout);
  }
  for (auto& thread : threads) thread.join();
  const bool in_time = counts.next >= requests;
  const long end_kib = pith.resident_kib();
  const long bar_kib = warm_kib + warm_kib / 20 + 4 * 1024;
  const bool flat = end_kib <= bar_kib;
  const bool files =
      pith::process::eventually([&] { return open_files(pith.pids.back()) < 200; }, Millis(5000));
  std::printf(
      "answered %zu (%zu compressed, %zu reused, %zu upstream errors), aborted %zu, failed %zu\n",
      counts.answered.load(), counts.compressed.load(), counts.reused.load(), counts.errors.load(),
      counts.aborted.load(), counts.failed.load());
  std::printf("resident after a fifth %.1f MiB, at the end %.1f MiB, at most %.1f: %s\n",
              static_cast<double>(warm_kib) / 1024.0, static_cast<double>(end_kib) / 1024.0,
              static_cast<double>(bar_kib) / 1024.0, flat ? "PASS" : "FAIL");
  if (!in_time) std::printf("time was over after %zu requests\n", counts.next.load());
  if (!files) std::printf("files left open: %zu\n", open_files(pith.pids.back()));
  const bool quick = requests < kWarm;  // Still warming up: memory says nothing.
  return counts.failed == 0 && in_time && files && (flat || quick) ? 0 : 1;
}
