// What Pith counts of itself: Prometheus text for /metrics, JSON for /pith/v1/stats.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/metrics/bounded_counters.h"
#include "apps/metrics/sampled_metrics.h"
#include "apps/providers/provider.h"
#include "messages/log/log.h"

namespace pith {

/// One request that the proxy has forwarded or answered.
struct RequestCount {
  Api api = Api::kNone;
  std::string_view
      status;  ///< Value of x-pith-status: "compressed", "bypass:deadline_exceeded", ...
  std::uint64_t tokens_before = 0;    ///< Of all editable texts; 0: not counted.
  std::uint64_t tokens_after = 0;     ///< As really sent.
  std::uint64_t tokens_observed = 0;  ///< What observe mode would have saved.
  std::chrono::microseconds overhead{
      0};  ///< From the whole request read to the first byte sent on.
};

/// Thread-safe; counting takes no lock but that of a histogram and a shared one for statuses. Every
/// label has a bounded set of values: no tenant, model or path is one.
class Metrics {
 public:
  Metrics();

  void count(const RequestCount& request);

  /// pith_errors_total{kind}: to_string(ErrorCode), or a short fixed name.
  prometheus::Counter& error(std::string_view kind) { return errors_.at(kind); }
  /// pith_feedback_total{result}: "accepted", "duplicate", "refused", "not_durable", ...
  prometheus::Counter& feedback(std::string_view result) { return feedback_.at(result); }
  /// pith_responses_total{class}: "2xx" ... "5xx"; 0 counts as "none".
  void count_response(unsigned status);

  prometheus::Histogram& compress_seconds;  ///< Asked of a compressor until its answer.
  prometheus::Histogram&
      overhead_seconds;  ///< Time in Pith before forwarding; count() observes it.
  prometheus::Histogram& upstream_ttfb_seconds;  ///< Request's head until the answer's.
  prometheus::Counter& memo_hits;                ///< Texts replayed from the memo.
  prometheus::Counter& memo_new;                 ///< Texts first compressed.
  prometheus::Counter& memo_raw;                 ///< Texts fixed as they came.
  prometheus::Counter& client_gone;              ///< Requests whose client went before the end.

  /// Read when somebody scrapes: open connections, in flight, credit, queue depth, ... What `read`
  /// uses must live until clear_sources().
  SampledMetrics& sources() { return *sources_; }
  void add_log(const Log& log);
  void clear_sources();

  /// Prometheus text format 0.0.4; with what this process uses of the machine.
  std::string metrics_text() const;
  /// Tokens before, after and saved, requests by API and status, since the start; by API and by
  /// tenant (the 50 that saved most) of all time, from the log.
  std::string stats_json(const std::vector<LogTotals>& all_time) const;

 private:
  static constexpr std::size_t kApis = 10;  ///< Values of Api.
  struct PerApi {
    std::unique_ptr<BoundedCounters> requests;
    prometheus::Counter *before, *after, *saved, *observed;
  };

  explicit Metrics(std::shared_ptr<prometheus::Registry> registry);
  void add_process_sources();

  std::shared_ptr<prometheus::Registry> registry_;
  BoundedCounters errors_, feedback_;
  std::array<PerApi, kApis> apis_;
  std::array<prometheus::Counter*, 6> responses_;
  std::unique_ptr<SampledMetrics> sources_, process_;
  const std::chrono::system_clock::time_point started_;
};

}  // namespace pith
