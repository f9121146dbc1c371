// What the log costs a request, and how many events a second it makes durable.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "messages/ids.h"
#include "messages/log/log.h"

namespace pith {
namespace {

class ScratchDir {
 public:
  ScratchDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "pith-bench-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~ScratchDir() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

Decision sample_decision() {
  Decision decision;
  decision.decision_id = new_uuid7();
  decision.conversation = event_id(decision.decision_id, "", "", "");
  decision.tenant = "default";
  decision.t_us = 1'700'000'000'000'000;
  decision.api = "openai-chat";
  decision.model = "some-model";
  decision.policy = std::string(64, 'a');
  decision.status = "compressed";
  decision.tokens_before = 2000;
  decision.tokens_after = 1000;
  return decision;
}

double cpu_us() {
  struct rusage used {};
  getrusage(RUSAGE_SELF, &used);
  const auto us = [](const timeval& time) {
    return 1e6 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec);
  };
  return us(used.ru_utime) + us(used.ru_stime);
}

/// `group` decisions, then all of them durable. CPU of the whole process, with the writer thread.
void BM_DurableDecisions(benchmark::State& state) {
  const ScratchDir dir;
  SqliteLogOptions options;
  options.path = dir.file("log.db");
  const std::unique_ptr<Log> log = *open_sqlite_log(std::move(options));
  const double begin = cpu_us();
  for (auto _ : state) {
    for (std::int64_t i = 0; i < state.range(0); ++i) log->append(sample_decision());
    log->flush();
  }
  const std::int64_t decisions = state.iterations() * state.range(0);
  if (log->stats().decisions != static_cast<std::uint64_t>(decisions)) std::abort();
  state.counters["process_cpu_us"] = (cpu_us() - begin) / static_cast<double>(decisions);
  state.SetItemsProcessed(decisions);
}
BENCHMARK(BM_DurableDecisions)->ArgName("group")->Arg(1)->Arg(32)->Arg(256)->UseRealTime();

/// What the request's own thread pays.
void BM_AppendOnly(benchmark::State& state) {
  const ScratchDir dir;
  SqliteLogOptions options;
  options.path = dir.file("log.db");
  const std::unique_ptr<Log> log = *open_sqlite_log(std::move(options));
  const Decision decision = sample_decision();
  std::int64_t appended = 0;
  for (auto _ : state) {
    log->append(decision);
    if (++appended % 256 != 0) continue;
    state.PauseTiming();
    log->flush();
    state.ResumeTiming();
  }
}
BENCHMARK(BM_AppendOnly);

}  // namespace
}  // namespace pith
