// The compressor's side of ZeroMQ: a ROUTER that feeds a CompressGraph. `pith compressd` runs it on
// ipc or tcp, `pith serve` runs the same on inproc.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "graph/compress_graph.h"
#include "messages/codec/codec.h"
#include "messages/result.h"

namespace zmq {
class context_t;
}

namespace pith {

struct CompressorServerOptions {
  std::vector<std::string> endpoints;  ///< Bound ROUTER endpoints.
  std::string ndjson;  ///< "unix:/path" or "HOST:PORT" for newline-delimited JSON; empty: none.
  std::string models_dir;
  CompressLimits limits;
  std::uint32_t credit = 64;  ///< Requests in flight granted to each peer.
  std::chrono::milliseconds heartbeat{
      1000};  ///< A peer that is silent for three of them is forgotten.
  std::size_t message_bytes_max =
      kMessageBytesMax;  ///< Longer requests close the connection that sent them.
};

/// Counters since start; read from any thread.
struct CompressorServerCounters {
  std::atomic<std::uint64_t> requests{0};   ///< Well-formed ones, over ZeroMQ.
  std::atomic<std::uint64_t> busy{0};       ///< Answered Busy: full, beyond credit, or draining.
  std::atomic<std::uint64_t> malformed{0};  ///< Messages that were not what they claimed to be.
  std::atomic<std::uint64_t> muted{
      0};  ///< Messages not looked at: three malformed ones in ten seconds before.
  std::atomic<std::uint64_t> unreachable{0};  ///< Replies whose peer was gone or did not read.
  std::atomic<std::uint64_t> cancelled{0};    ///< Cancels that found their request.
  std::atomic<std::uint64_t> lines{0};        ///< Over the NDJSON socket.
  std::atomic<std::uint64_t> bad_lines{0};
};

class CompressorServer {
 public:
  /// Binds and starts its threads. Errors: kInvalidArgument (tcp or ndjson beyond loopback, bind
  /// failed).
  static Result<std::unique_ptr<CompressorServer>> start(zmq::context_t& context,
                                                         std::shared_ptr<const PolicySet> policies,
                                                         CompressorServerOptions options);
  ~CompressorServer();  ///< stop()

  /// Stays bound, answers BUSY, finishes what was admitted, then closes.
  void stop();
  void swap_policies(std::shared_ptr<const PolicySet> policies);
  const CompressGraph& graph() const;
  const CompressorServerCounters& counters() const;
  /// False when a thread that owns sockets has not come round for three heartbeats: what a watchdog
  /// asks.
  bool responsive() const;
  /// The endpoint really bound, with port 0 or * resolved.
  const std::vector<std::string>& bound_endpoints() const;
  const std::string& bound_ndjson() const;

 private:
  class Impl;
  explicit CompressorServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pith
