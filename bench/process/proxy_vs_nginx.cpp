// pith_proxy_vs_nginx: what Pith adds as a pass-through, against what nginx adds, in the same run.
// Direct, nginx and Pith take turns in short rounds, so that other work on the machine hits all
// three.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <thread>

#include "bench/process/proxies.h"
#include "bench/process/stream_load.h"
#include "tests/process/harness/raw_http.h"

namespace {

using pith::bench::percentile;
using pith::bench::Proxies;
using pith::bench::run_streams;
using pith::bench::StreamPlan;
using pith::bench::StreamTimes;
using pith::bench::Way;

// Differences below this cannot be told from the machine's noise; nginx is taken to add at least
// this much.
constexpr double kResolutionUs = 2.0;

struct Size {
  std::size_t rounds = 9, requests = 4000, events = 150;
};

std::string body_of(std::size_t bytes, bool stream) {
  std::string body = stream ? R"({"model":"m","stream":true,"messages":[{"role":"user","content":")"
                            : R"({"model":"m","messages":[{"role":"user","content":")";
  body.append(bytes > body.size() + 4 ? bytes - body.size() - 4 : 0, 'a');
  return body + "\"}]}";
}

struct Row {
  std::string name;
  double bar = 0.0;                         ///< Pith's share of nginx; 0: shown only.
  std::vector<double> direct, nginx, pith;  ///< One value a round.
  bool added = true;  ///< Compare what is added to direct; else the values themselves.
};

bool print_row(const Row& row) {
  const double direct = row.added ? percentile(row.direct, 0.5) : 0.0;
  const double nginx = percentile(row.nginx, 0.5), pith = percentile(row.pith, 0.5);
  const double by_nginx = std::max(nginx - direct, kResolutionUs),
               by_pith = std::max(0.0, pith - direct);
  const double ratio = by_pith / by_nginx;
  std::vector<double> ratios;
  for (std::size_t i = 0; i < row.nginx.size(); ++i) {
    const double base = row.added ? row.direct[i] : 0.0;
    ratios.push_back(std::max(0.0, row.pith[i] - base) /
                     std::max(row.nginx[i] - base, kResolutionUs));
  }
  const auto [low, high] = std::minmax_element(ratios.begin(), ratios.end());
  char shown[16] = "-";
  if (row.added) std::snprintf(shown, sizeof shown, "%.1f", direct);
  std::printf("%-44s %8s %8.1f %8.1f | %8.1f %8.1f | %5.2f (%.2f to %.2f)", row.name.c_str(), shown,
              nginx, pith, by_nginx, by_pith, ratio, *low, *high);
  const bool passes = row.bar == 0.0 || ratio <= row.bar;
  if (row.bar > 0.0) std::printf("  at most %.0f: %s", row.bar, passes ? "PASS" : "FAIL");
  std::printf("\n");
  std::fflush(stdout);
  return passes;
}

/// Requests one after the other on `connections` kept connections; CPU time of the proxy per
/// request.
double cpu_per_request(const Way& way, std::size_t requests, const std::string& body) {
  const std::string bytes =
      "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: "
      "application/json\r\n" +
      way.headers + "x-mock-plain: 1\r\ncontent-length: " + std::to_string(body.size()) +
      "\r\n\r\n" + body;
  constexpr std::size_t kConnections = 8;
  const long before = way.cpu_us();
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      std::vector<std::unique_ptr<pith::process::RawSocket>> sockets;
      for (std::size_t i = 0; i < kConnections / 2; ++i)
        sockets.push_back(std::make_unique<pith::process::RawSocket>(way.port));
      for (std::size_t i = 0; i < requests / 2; i += sockets.size()) {
        for (auto& socket : sockets) socket->send(bytes);
        for (auto& socket : sockets) {
          if (socket->read_reply().status != 200)
            std::fprintf(stderr, "%s: a request failed\n", way.name.c_str());
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  return static_cast<double>(way.cpu_us() - before) / static_cast<double>(requests);
}

void each_way(const Proxies& proxies, Row& row, const std::function<double(const Way&)>& measure) {
  row.direct.push_back(row.added ? measure(proxies.direct()) : 0.0);
  row.nginx.push_back(measure(proxies.nginx()));
  row.pith.push_back(measure(proxies.pith()));
}

bool latencies(const Proxies& proxies, const Size& size) {
  Row one{"event age, 1 stream, p50 (us)", 2.0, {}, {}, {}, true},
      fifty{"event age, 50 streams, p50 (us)", 2.0, {}, {}, {}, true},
      tail{"event age, 50 streams, p99 (us)", 0.0, {}, {}, {}, true},
      first{"to first event, p50 (us)", 3.0, {}, {}, {}, true},
      looking{"to first event, body looked at, p50 (us)", 0.0, {}, {}, {}, true};
  for (std::size_t round = 0; round < size.rounds; ++round) {
    each_way(proxies, one, [&](const Way& way) {
      return percentile(
          run_streams({way.port, 1, 1, size.events, 2, way.headers, body_of(200, true)})
              .event_age_us,
          0.5);
    });
    std::vector<double> tails;
    each_way(proxies, fifty, [&](const Way& way) {
      const auto times =
          run_streams({way.port, 50, 1, size.events / 4, 20, way.headers, body_of(200, true)});
      tails.push_back(percentile(times.event_age_us, 0.99));
      return percentile(times.event_age_us, 0.5);
    });
    tail.direct.push_back(tails[0]);
    tail.nginx.push_back(tails[1]);
    tail.pith.push_back(tails[2]);
    const auto to_first = [&](const Way& way) {
      const auto times =
          run_streams({way.port, 1, size.events, 1, 0, way.headers, body_of(4096, true)});
      return percentile(times.first_event_us, 0.5);
    };
    each_way(proxies, first, to_first);
    looking.direct.push_back(first.direct.back());
    looking.nginx.push_back(first.nginx.back());
    looking.pith.push_back(to_first(proxies.pith_looking()));
  }
  bool passes = true;
  for (const Row* row : {&one, &fifty, &tail, &first, &looking}) passes = print_row(*row) && passes;
  return passes;
}

bool cpu(const Proxies& proxies, const Size& size) {
  Row request{"CPU per request, 4 KB JSON (us)", 3.0, {}, {}, {}, false},
      event{"CPU per event, 50 streams (us)", 0.0, {}, {}, {}, false},
      looking{"CPU per request, body looked at (us)", 0.0, {}, {}, {}, false};
  for (std::size_t round = 0; round < std::max<std::size_t>(1, size.rounds / 3); ++round) {
    each_way(proxies, request, [&](const Way& way) {
      return cpu_per_request(way, size.requests, body_of(4096, false));
    });
    looking.direct.push_back(0.0);
    looking.nginx.push_back(request.nginx.back());
    looking.pith.push_back(
        cpu_per_request(proxies.pith_looking(), size.requests, body_of(4096, false)));
    each_way(proxies, event, [&](const Way& way) {
      const long before = way.cpu_us();
      const auto times =
          run_streams({way.port, 50, 1, size.requests / 40, 4, way.headers, body_of(200, true)});
      return static_cast<double>(way.cpu_us() - before) /
             static_cast<double>(times.event_age_us.size());
    });
  }
  bool passes = print_row(request);
  passes = print_row(looking) && passes;
  return print_row(event) && passes;
}

/// 1,000 kept connections that do nothing, 200 streams that do.
bool holds(const Way& way, std::size_t idle, std::size_t streams) {
  std::vector<std::unique_ptr<pith::process::RawSocket>> sockets;
  const std::string ask =
      pith::process::request_bytes("GET", "/v1/models", {{"x-mock-plain", "1"}}, "");
  std::size_t answered = 0;
  for (std::size_t i = 0; i < idle; ++i) {
    sockets.push_back(std::make_unique<pith::process::RawSocket>(way.port));
    sockets.back()->send(ask);
    answered += sockets.back()->read_reply().status == 200 ? 1 : 0;
  }
  const auto times = run_streams({way.port, streams, 1, 40, 50, way.headers, body_of(200, true)});
  const long memory = way.resident_kib();
  std::size_t alive = 0;
  for (auto& socket : sockets) {
    socket->send(ask);
    alive += socket->read_reply().status == 200 ? 1 : 0;
  }
  const bool passes =
      answered == idle && alive == idle && times.whole == streams && times.broken == 0;
  std::printf(
      "%s holds %zu idle connections (%zu alive after) and %zu of %zu active streams; event age "
      "p50 %.0f us, "
      "p99 %.0f us; %.1f MiB resident: %s\n",
      way.name.c_str(), answered, alive, times.whole, streams, percentile(times.event_age_us, 0.5),
      percentile(times.event_age_us, 0.99), static_cast<double>(memory) / 1024.0,
      passes ? "PASS" : "FAIL");
  return passes;
}

}  // namespace

int main(int argc, char** argv) {
  pith::bench::Programs programs{PITH_PROGRAM, PITH_MOCK_UPSTREAM, "/usr/sbin/nginx"};
  Size size;
  bool quick = false;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--quick") {
      quick = true;
      size = {1, 200, 40};
    } else if (argument == "--pith" && i + 1 < argc) {
      programs.pith = argv[++i];
    } else if (argument == "--nginx" && i + 1 < argc) {
      programs.nginx = argv[++i];
    } else if (argument == "--rounds" && i + 1 < argc) {
      size.rounds = static_cast<std::size_t>(std::atoi(argv[++i]));
    } else {
      std::fprintf(
          stderr,
          "usage: pith_proxy_vs_nginx [--quick] [--rounds N] [--pith PROGRAM] [--nginx PROGRAM]\n");
      return 2;
    }
  }
  if (access(programs.nginx.c_str(), X_OK) != 0) {
    std::printf(
        "SKIPPED: nginx is not installed (apt install nginx-light); nothing to compare with\n");
    return 77;
  }
  const Proxies proxies(programs);
  if (!proxies.error().empty()) {
    std::fprintf(stderr, "%s\n", proxies.error().c_str());
    return 1;
  }
  std::printf(
      "pass-through: pith (mode off) against %s, 2 threads and 2 workers, on %s\n"
      "median of %zu rounds taken in turns; ratio = what pith adds / what nginx adds (range over "
      "rounds)\n",
      proxies.nginx_version().c_str(), pith::bench::machine().c_str(), size.rounds);
  std::printf("%-44s %8s %8s %8s | %8s %8s | %s\n", "", "direct", "nginx", "pith", "nginx +",
              "pith +", "ratio");
  for (const Way* way :
       {&proxies.direct(), &proxies.nginx(), &proxies.pith(), &proxies.pith_looking()})  // Warm.
    run_streams({way->port, 4, 1, 20, 0, way->headers, body_of(200, true)});
  bool passes = latencies(proxies, size);
  passes = cpu(proxies, size) && passes;
  passes = holds(proxies.nginx(), quick ? 100 : 1000, quick ? 20 : 200) && passes;
  passes = holds(proxies.pith(), quick ? 100 : 1000, quick ? 20 : 200) && passes;
  // A quick run only shows that the bench works: its few samples say nothing.
  return passes || quick ? 0 : 1;
}
