#include "apps/broker/broker.h"

#include "apps/broker/broker_loop.h"

namespace pith {

class Broker::Impl {
 public:
  Impl(BrokerOptions options, std::vector<std::unique_ptr<CompressorLink>> links)
      : loop(std::move(options), std::move(links)) {
    loop.run();
  }
  BrokerLoop loop;
};

Result<std::unique_ptr<Broker>> Broker::start(zmq::context_t& context, BrokerOptions options) {
  if (options.endpoints.empty())
    return Error{ErrorCode::kInvalidArgument, "broker: no compressor endpoint"};
  if (options.heartbeat.count() <= 0)
    return Error{ErrorCode::kInvalidArgument, "broker: heartbeat must be above 0"};
  std::vector<std::unique_ptr<CompressorLink>> links;
  for (const std::string& endpoint : options.endpoints) {
    Result<std::unique_ptr<CompressorLink>> link =
        CompressorLink::open(context, endpoint, options.heartbeat);
    if (!link) return link.error();
    links.push_back(std::move(*link));
  }
  return std::unique_ptr<Broker>(
      new Broker(std::make_unique<Impl>(std::move(options), std::move(links))));
}

Broker::Broker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Broker::~Broker() = default;

void Broker::compress(CompressRequest request, std::chrono::steady_clock::time_point deadline,
                      std::shared_ptr<const std::atomic<bool>> cancelled, OnReply on_reply) {
  impl_->loop.post({std::move(request), deadline, std::move(cancelled), std::move(on_reply)});
}
void Broker::poke() { impl_->loop.poke(); }
std::vector<CompressorHealth> Broker::health() const { return impl_->loop.health(); }
const BrokerCounters& Broker::counters() const { return impl_->loop.counters(); }

}  // namespace pith
