// The edge alone: everything goes through to one upstream. For measuring it against other proxies.
//   edge_relay PORT HOST:PORT [THREADS]
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "apps/http/edge.h"

namespace {

class RelayAll final : public pith::EdgeHandler {
 public:
  pith::Route route(const pith::RequestHead&) override { return {}; }
  void edit(std::shared_ptr<pith::EdgeRequest>,
            std::function<void(pith::EditedRequest)> done) override {
    done({});
  }
  void local(std::shared_ptr<pith::EdgeRequest>,
             std::function<void(pith::LocalResponse)> done) override {
    done({});
  }
  void client_gone(const std::shared_ptr<pith::EdgeRequest>&) override {}
  pith::LocalResponse error(unsigned status, std::string_view message,
                            const pith::RequestHead*) override {
    return {.status = status,
            .content_type = "text/plain",
            .body = std::string(message) + "\n",
            .headers = {}};
  }
  void finished(const pith::RequestHead&, const std::shared_ptr<pith::EdgeRequest>&,
                const pith::EdgeOutcome&) override {}
};

}  // namespace

int main(int argc, char** argv) {
  const std::string upstream = argc > 2 ? argv[2] : "";
  const std::size_t colon = upstream.rfind(':');
  if (argc < 3 || colon == std::string::npos) {
    std::fprintf(stderr, "usage: edge_relay PORT HOST:PORT [THREADS]\n");
    return 2;
  }
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGINT);
  sigaddset(&stop_signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  pith::EdgeOptions options;
  options.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  options.threads = argc > 3 ? static_cast<unsigned>(std::atoi(argv[3])) : 2;
  pith::Upstream target;
  target.name = "upstream";
  target.host = upstream.substr(0, colon);
  target.port = static_cast<std::uint16_t>(std::atoi(upstream.c_str() + colon + 1));
  options.upstreams.push_back(target);
  RelayAll handler;
  auto edge = pith::Edge::start(options, handler);
  if (!edge) {
    std::fprintf(stderr, "edge_relay: %s\n", edge.error().detail.c_str());
    return 1;
  }
  std::printf("%u\n", (*edge)->port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&stop_signals, &signal);
  (*edge)->stop();
  return 0;
}
