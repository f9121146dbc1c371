// What a compression costs beside the stages: graph, encoding, ZeroMQ, decoding, wake-ups. The same
// request goes straight through the stages (compress_now), through the graph, and through broker
// and server over inproc and ipc; the CPU column is that of the whole process, so differences
// between the rows are what each part adds.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <semaphore>
#include <zmq.hpp>

#include "apps/broker/broker.h"
#include "apps/compressd/compressor_server.h"
#include "tests/graph/fake_policy.h"

namespace pith {
namespace {

using Clock = std::chrono::steady_clock;

CompressRequest request_of(std::int64_t num_words) {
  CompressRequest request;
  request.segments.push_back({.text = prose("first", static_cast<int>(num_words)),
                              .kind = SegmentKind::kDocument,
                              .query = {}});
  request.options.target_rate = 0.5F;
  return request;
}

std::shared_ptr<const PolicySet> policies() {
  return set_of({std::make_shared<FakePolicy>("fake")});
}

void BM_CompressNow(benchmark::State& state) {
  const auto set = policies();
  const CompressRequest request = request_of(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(compress_now(*set, PITH_MODELS, request));
  state.SetItemsProcessed(state.iterations());
}

void BM_CompressGraph(benchmark::State& state) {
  std::promise<void>* waiting = nullptr;
  CompressGraph graph(
      policies(), PITH_MODELS, {},
      [&](const RequestId&, const Result<CompressReply>&) { waiting->set_value(); });
  const CompressRequest request = request_of(state.range(0));
  for (auto _ : state) {
    std::promise<void> done;
    waiting = &done;
    CompressJob job;
    job.request = std::make_shared<const CompressRequest>(request);
    graph.try_put(std::move(job));
    done.get_future().wait();
  }
  state.SetItemsProcessed(state.iterations());
}

void through_broker(benchmark::State& state, const std::string& endpoint) {
  zmq::context_t context;
  CompressorServerOptions server_options;
  server_options.endpoints = {endpoint};
  server_options.models_dir = PITH_MODELS;
  server_options.limits.workers = static_cast<std::uint32_t>(state.range(1));
  const auto server = CompressorServer::start(context, policies(), server_options);
  BrokerOptions options;
  options.endpoints = {endpoint};
  const auto broker = Broker::start(context, options);
  if (!server || !broker) {
    state.SkipWithError("cannot start");
    return;
  }
  const CompressRequest request = request_of(state.range(0));
  std::int64_t failed = 0;
  for (auto _ : state) {
    std::promise<bool> done;
    (*broker)->compress(
        request, Clock::now() + std::chrono::seconds(10), nullptr,
        [&](const Result<CompressReply>& reply) { done.set_value(static_cast<bool>(reply)); });
    if (!done.get_future().get()) ++failed;
  }
  if (failed > 0) state.SkipWithError("requests failed");
  state.SetItemsProcessed(state.iterations());
}

/// 64 requests in flight all the time: what a request costs under load, when nobody is woken for
/// one alone.
void BM_BrokerPipelined(benchmark::State& state) {
  zmq::context_t context;
  CompressorServerOptions server_options;
  server_options.endpoints = {"inproc://pipelined"};
  server_options.models_dir = PITH_MODELS;
  const auto server = CompressorServer::start(context, policies(), server_options);
  BrokerOptions options;
  options.endpoints = {"inproc://pipelined"};
  const auto broker = Broker::start(context, options);
  if (!server || !broker) return state.SkipWithError("cannot start");
  const CompressRequest request = request_of(state.range(0));
  std::counting_semaphore<64> places(64);
  std::atomic<std::int64_t> failed{0};
  for (auto _ : state) {
    places.acquire();
    (*broker)->compress(request, Clock::now() + std::chrono::seconds(10), nullptr,
                        [&](const Result<CompressReply>& reply) {
                          if (!reply) ++failed;
                          places.release();
                        });
  }
  for (int i = 0; i < 64; ++i) places.acquire();
  if (failed > 0) state.SkipWithError("requests failed");
  state.SetItemsProcessed(state.iterations());
}

void BM_BrokerInproc(benchmark::State& state) { through_broker(state, "inproc://bench"); }

void BM_BrokerIpc(benchmark::State& state) {
  std::string folder = std::filesystem::temp_directory_path().string() + "/pith_bench_XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return state.SkipWithError("mkdtemp");
  through_broker(state, "ipc://" + folder + "/socket");
  std::filesystem::remove_all(folder);
}

void with_workers(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"num_words", "workers"})
      ->ArgsProduct({{8, 700}, {1, 2}})
      ->MeasureProcessCPUTime()
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}
void real_sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("num_words")
      ->Arg(8)
      ->Arg(700)
      ->MeasureProcessCPUTime()
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}
BENCHMARK(BM_CompressNow)->Apply(real_sizes);
BENCHMARK(BM_CompressGraph)->Apply(with_workers);
BENCHMARK(BM_BrokerPipelined)->Apply(real_sizes);
BENCHMARK(BM_BrokerInproc)->Apply(with_workers);
BENCHMARK(BM_BrokerIpc)->Apply(with_workers);

}  // namespace
}  // namespace pith
