// The compressor's flow graph: admit > tokenize > score > select > reply.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

#include "messages/compress.h"
#include "messages/result.h"
#include "stages/score/policy_set.h"

namespace pith {

/// A request on its way through the graph.
struct CompressJob {
  std::shared_ptr<const CompressRequest>
      request;  ///< Shared, so that the caller can still read the texts.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::shared_ptr<const std::atomic<bool>> cancelled;  ///< May be null.
};

struct CompressLimits {
  std::uint32_t in_flight_max =
      256;  ///< Live requests admitted at once; shadow ones get half of it.
  std::uint64_t bytes_in_flight_max = 256ULL << 20;  ///< Text bytes admitted at once.
  std::uint32_t workers = 0;  ///< Threads of the arena, at most all cores; 0: all cores.
  std::uint32_t batch_requests_max = 16;
  std::uint32_t batch_tokens_max = 4096;
};

/// Counters since start; read from any thread.
struct CompressCounters {
  std::atomic<std::uint64_t> admitted{0}, refused{0}, replied{0}, failed{0}, expired{0},
      cancelled{0};
  std::atomic<std::uint32_t> in_flight{0};
};

/// One per process. Destroy only after drain() (the destructor drains too).
class CompressGraph {
 public:
  /// Called exactly once per admitted job, from a worker thread, several at once; must not throw or
  /// block. The job's place is free again before the call.
  using OnReply = std::function<void(const RequestId&, Result<CompressReply>)>;

  CompressGraph(std::shared_ptr<const PolicySet> policies, std::string models_dir,
                const CompressLimits& limits, OnReply on_reply);
  ~CompressGraph();
  CompressGraph(const CompressGraph&) = delete;
  CompressGraph& operator=(const CompressGraph&) = delete;

  /// False = full: the caller sheds. Never blocks.
  bool try_put(CompressJob job);
  /// Jobs put from now on see the new set; those inside keep theirs.
  void swap_policies(std::shared_ptr<const PolicySet> policies);
  std::shared_ptr<const PolicySet> policies() const;
  /// Waits until every admitted job has its reply.
  void drain();
  const CompressCounters& counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// The same stages without a graph, on the caller's thread: for the shell tools.
Result<CompressReply> compress_now(const PolicySet& policies, const std::string& models_dir,
                                   const CompressRequest& request);

}  // namespace pith
