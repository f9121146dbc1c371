// The compressor's side of ZeroMQ: a ROUTER that feeds a CompressGraph. `pith compressd` runs it on ipc or tcp,
// `pith serve` runs the same on inproc.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/compress_graph.h"
#include "messages/result.h"

namespace zmq {
class context_t;
}

namespace pith {

struct CompressorServerOptions {
  std::vector<std::string> endpoints;  ///< Bound ROUTER endpoints.
  std::string ndjson;                  ///< "unix:/path" or "HOST:PORT" for newline-delimited JSON; empty: none.
  std::string models_dir;
  CompressLimits limits;
  std::uint32_t credit = 64;           ///< Requests in flight granted to each peer.
};

class CompressorServer {
 public:
  /// Binds and starts its threads. Errors: kInvalidArgument (tcp or ndjson beyond loopback, bind failed).
  static Result<std::unique_ptr<CompressorServer>> start(zmq::context_t& context,
                                                         std::shared_ptr<const PolicySet> policies,
                                                         CompressorServerOptions options);
  ~CompressorServer();  ///< stop()

  /// Stays bound, answers BUSY, finishes what was admitted, then closes.
  void stop();
  void swap_policies(std::shared_ptr<const PolicySet> policies);
  const CompressGraph& graph() const;
  /// The endpoint really bound, with port 0 or * resolved.
  const std::vector<std::string>& bound_endpoints() const;
  const std::string& bound_ndjson() const;

 private:
  class Impl;
  explicit CompressorServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pith
