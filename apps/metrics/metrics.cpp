#include "apps/metrics/metrics.h"

#include <prometheus/text_serializer.h>

#include <utility>

#include "apps/metrics/process_usage.h"

namespace pith {
namespace {

constexpr std::size_t kStatusesMax = 32;
constexpr std::size_t kKindsMax = 48;

prometheus::Family<prometheus::Counter>& counters(prometheus::Registry& registry, const char* name,
                                                  const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

prometheus::Histogram& histogram(prometheus::Registry& registry, const char* name, const char* help,
                                 const std::vector<double>& bounds) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, bounds);
}

prometheus::Counter& memo_counter(prometheus::Registry& registry, const char* result) {
  return counters(
             registry, "pith_memo_texts_total",
             "Editable texts: replayed (hit), first compressed (new), fixed as they came (raw).")
      .Add({{"result", result}});
}

// Seconds. Compressing is a matter of milliseconds, overhead of less, a model's first byte of more.
const std::vector<double> kCompressBounds = {.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5};
const std::vector<double> kOverheadBounds = {.0001, .0002, .0005, .001, .002, .005, .01,
                                             .02,   .05,   .1,    .2,   .5,   1,    2};
const std::vector<double> kFirstByteBounds = {.01, .02, .05, .1, .2, .5,  1,
                                              2,   5,   10,  20, 60, 120, 300};

}  // namespace

Metrics::Metrics() : Metrics(std::make_shared<prometheus::Registry>()) {}

Metrics::Metrics(std::shared_ptr<prometheus::Registry> registry)
    : compress_seconds(histogram(*registry, "pith_compress_seconds",
                                 "From asking a compressor to its answer.", kCompressBounds)),
      overhead_seconds(histogram(*registry, "pith_overhead_seconds",
                                 "Time in Pith before a request is forwarded.", kOverheadBounds)),
      upstream_ttfb_seconds(histogram(
          *registry, "pith_upstream_first_byte_seconds",
          "From the request's head to the answer's: upload, Pith and upstream.", kFirstByteBounds)),
      memo_hits(memo_counter(*registry, "hit")),
      memo_new(memo_counter(*registry, "new")),
      memo_raw(memo_counter(*registry, "raw")),
      client_gone(counters(*registry, "pith_client_gone_total",
                           "Requests whose client went before the end.")
                      .Add({})),
      registry_(std::move(registry)),
      errors_(counters(*registry_, "pith_errors_total", "What went wrong, by kind."), {}, "kind",
              kKindsMax),
      feedback_(counters(*registry_, "pith_feedback_total", "Feedback events, by result."), {},
                "result", kKindsMax),
      sources_(std::make_unique<SampledMetrics>()),
      process_(std::make_unique<SampledMetrics>()),
      started_(std::chrono::system_clock::now()) {
  auto& requests =
      counters(*registry_, "pith_requests_total", "Requests, by API and x-pith-status.");
  auto& before =
      counters(*registry_, "pith_tokens_before_total", "Tokens of editable texts as received.");
  auto& after =
      counters(*registry_, "pith_tokens_after_total", "Tokens of editable texts as sent.");
  auto& saved = counters(*registry_, "pith_tokens_saved_total", "Tokens that were not sent.");
  auto& observed = counters(*registry_, "pith_tokens_observed_saved_total",
                            "Tokens that observe mode would have saved.");
  for (std::size_t i = 0; i < kApis; ++i) {
    const std::string name(to_string(static_cast<Api>(i)));
    const prometheus::Labels labels = {{"api", name}};
    apis_[i] = {std::make_unique<BoundedCounters>(requests, labels, "status", kStatusesMax),
                &before.Add(labels), &after.Add(labels), &saved.Add(labels), &observed.Add(labels)};
  }
  auto& responses = counters(*registry_, "pith_responses_total", "Responses to clients, by class.");
  for (std::size_t i = 0; i < responses_.size(); ++i) {
    responses_[i] = &responses.Add({{"class", i == 0 ? "none" : std::to_string(i) + "xx"}});
  }
  add_process_sources();
}

void Metrics::count(const RequestCount& request) {
  const auto index = static_cast<std::size_t>(request.api);
  PerApi& api = apis_[index < kApis ? index : 0];
  api.requests->at(request.status).Increment();
  api.before->Increment(static_cast<double>(request.tokens_before));
  api.after->Increment(static_cast<double>(request.tokens_after));
  if (request.tokens_before > request.tokens_after) {
    api.saved->Increment(static_cast<double>(request.tokens_before - request.tokens_after));
  }
  api.observed->Increment(static_cast<double>(request.tokens_observed));
  if (request.overhead.count() > 0)  // a relayed request has none that is measured
    overhead_seconds.Observe(std::chrono::duration<double>(request.overhead).count());
}

void Metrics::count_response(unsigned status) {
  const unsigned kind = status / 100;
  responses_[kind < responses_.size() ? kind : 0]->Increment();
}

void Metrics::add_log(const Log& log) {
  using Type = SampledMetrics::Type;
  const auto add = [&](const char* name, const char* help, Type type, auto member) {
    sources_->add(name, help, type,
                  [&log, member] { return static_cast<double>(log.stats().*member); });
  };
  add("pith_log_decisions_total", "Decisions made durable.", Type::kCounter, &LogStats::decisions);
  add("pith_log_rewards_total", "Rewards made durable.", Type::kCounter, &LogStats::rewards);
  add("pith_log_dropped_total", "Decisions lost because the queue was full.", Type::kCounter,
      &LogStats::dropped);
  add("pith_log_failures_total", "Commits that failed.", Type::kCounter, &LogStats::failures);
  add("pith_log_commits_total", "Commits.", Type::kCounter, &LogStats::commits);
  add("pith_log_queued", "Events that wait for a commit.", Type::kGauge, &LogStats::queued);
  add("pith_log_failing", "1 while nothing can be made durable.", Type::kGauge, &LogStats::failing);
}

void Metrics::clear_sources() { sources_->clear(); }

void Metrics::add_process_sources() {
  using Type = SampledMetrics::Type;
  process_->add("process_cpu_seconds_total", "User and system CPU time.", Type::kCounter,
                [] { return process_usage().cpu_seconds; });
  process_->add("process_resident_memory_bytes", "Resident memory.", Type::kGauge,
                [] { return static_cast<double>(process_usage().resident_bytes); });
  process_->add("process_virtual_memory_bytes", "Virtual memory.", Type::kGauge,
                [] { return static_cast<double>(process_usage().virtual_bytes); });
  process_->add("process_open_fds", "Open file descriptors.", Type::kGauge,
                [] { return static_cast<double>(process_usage().open_files); });
  process_->add("process_threads", "Threads.", Type::kGauge,
                [] { return static_cast<double>(process_usage().threads); });
  const double started = std::chrono::duration<double>(started_.time_since_epoch()).count();
  process_->add("process_start_time_seconds", "Unix time of the start.", Type::kGauge,
                [started] { return started; });
  process_->add_labelled("pith_build_info", "The version, as a label.", Type::kGauge, "version",
                         [] {
                           return SampledMetrics::Samples{{PITH_VERSION, 1.0}};
                         });
}

std::string Metrics::metrics_text() const {
  std::vector<prometheus::MetricFamily> families = registry_->Collect();
  for (const SampledMetrics* sampled : {sources_.get(), process_.get()}) {
    std::vector<prometheus::MetricFamily> more = sampled->Collect();
    families.insert(families.end(), std::make_move_iterator(more.begin()),
                    std::make_move_iterator(more.end()));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace pith
