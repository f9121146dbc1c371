// What all I/O threads of an edge share.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "apps/http/edge.h"
#include "apps/http/resolver.h"
#include "apps/http/tls_client.h"
#include "apps/http/upstream_plan.h"

namespace pith {

/// Counts bytes of whole bodies in memory against a limit.
class BodyMemory {
 public:
  explicit BodyMemory(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  bool try_take(std::size_t num_bytes) {
    if (taken_.fetch_add(num_bytes, std::memory_order_relaxed) + num_bytes <= bytes_max_)
      return true;
    taken_.fetch_sub(num_bytes, std::memory_order_relaxed);
    return false;
  }
  void give_back(std::size_t num_bytes) { taken_.fetch_sub(num_bytes, std::memory_order_relaxed); }
  std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  const std::size_t bytes_max_;
  std::atomic<std::size_t> taken_{0};
};

struct EdgeCore {
  EdgeCore(EdgeOptions edge_options, EdgeHandler& edge_handler)
      : options(std::move(edge_options)),
        handler(edge_handler),
        body_memory(options.body_memory_max) {}

  const EdgeOptions options;
  EdgeHandler& handler;
  EdgeCounters counters;
  std::vector<UpstreamPlan> plans;  ///< By the index of EdgeOptions::upstreams.
  std::shared_ptr<Resolver> resolver = std::make_shared<Resolver>();
  std::unique_ptr<TlsClient> tls;
  BodyMemory body_memory;
  std::atomic<bool> draining{false};
  std::string via_token;    ///< "pith-<random>": this instance in Via.
  SocketAddress listening;  ///< Own address, to notice an upstream that is this edge.
};

inline void count(std::atomic<std::uint64_t>& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace pith
