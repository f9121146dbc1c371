#include "apps/compressd/compressor_server.h"

#include "apps/compressd/job_id.h"
#include "apps/compressd/ndjson_server.h"
#include "apps/compressd/router_loop.h"
#include "stages/tokenize/token_counter.h"

namespace pith {

class CompressorServer::Impl {
 public:
  Impl(zmq::context_t& context, std::shared_ptr<const PolicySet> policies,
       const CompressorServerOptions& options)
      : heartbeat(options.heartbeat),
        router(context, options, policies->champion()->id(), counters,
               [this](CompressJob job) { return graph.try_put(std::move(job)); }),
        ndjson(counters, [this](CompressJob job) { return graph.try_put(std::move(job)); }),
        graph(std::move(policies), options.models_dir, options.limits,
              [this](const RequestId& id, const Result<CompressReply>& reply) {
                if (job_origin(id) == JobOrigin::kRouter) {
                  router.post(job_number(id), reply);
                } else {
                  ndjson.post(job_number(id), reply);
                }
              }) {}

  CompressorServerCounters counters;
  const std::chrono::milliseconds heartbeat;
  std::string bound_ndjson;
  RouterLoop router;
  NdjsonServer ndjson;
  CompressGraph graph;  // Last: it is destroyed first, while the loops can still take its replies.
};

Result<std::unique_ptr<CompressorServer>> CompressorServer::start(
    zmq::context_t& context, std::shared_ptr<const PolicySet> policies,
    CompressorServerOptions options) {
  if (options.credit == 0) return Error{ErrorCode::kInvalidArgument, "credit must be at least 1"};
  // Loaded now, not by the first request, whose deadline it could cost; and a missing file is told
  // at start.
  for (const char* reader : {"o200k_base", "cl100k_base"}) {
    if (auto counter = load_token_counter(reader, options.models_dir); !counter) {
      return counter.error();
    }
  }
  auto impl = std::make_unique<Impl>(context, std::move(policies), options);
  if (Result<Done> bound = impl->router.bind(options.endpoints); !bound) return bound.error();
  if (!options.ndjson.empty()) {
    Result<std::string> bound = impl->ndjson.bind(options.ndjson);
    if (!bound) return bound.error();
    impl->bound_ndjson = std::move(*bound);
    impl->ndjson.run();
  }
  impl->router.run();
  return std::unique_ptr<CompressorServer>(new CompressorServer(std::move(impl)));
}

CompressorServer::CompressorServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CompressorServer::~CompressorServer() { stop(); }

void CompressorServer::stop() {
  // Both end only when their jobs are answered, so the graph is empty afterwards.
  impl_->ndjson.stop();
  impl_->router.stop();
  impl_->graph.drain();
}

void CompressorServer::swap_policies(std::shared_ptr<const PolicySet> policies) {
  std::string champion = policies->champion()->id();
  impl_->graph.swap_policies(std::move(policies));
  impl_->router.announce(std::move(champion));
}

const CompressGraph& CompressorServer::graph() const { return impl_->graph; }
const CompressorServerCounters& CompressorServer::counters() const { return impl_->counters; }
const std::vector<std::string>& CompressorServer::bound_endpoints() const {
  return impl_->router.bound_endpoints();
}
const std::string& CompressorServer::bound_ndjson() const { return impl_->bound_ndjson; }

bool CompressorServer::responsive() const {
  const auto oldest = std::chrono::steady_clock::now() - 3 * impl_->heartbeat;
  return impl_->router.last_turn() >= oldest &&
         (impl_->bound_ndjson.empty() || impl_->ndjson.last_turn() >= oldest);
}

}  // namespace pith
