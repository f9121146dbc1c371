#include "apps/metrics/sampled_metrics.h"

#include <algorithm>

namespace pith {
namespace {

constexpr std::size_t kLabelsMax = 64;

}  // namespace

void SampledMetrics::add(std::string name, std::string help, Type type,
                         std::function<double()> read) {
  add_labelled(std::move(name), std::move(help), type, "", [read = std::move(read)] {
    return Samples{{"", read()}};
  });
}

void SampledMetrics::add_labelled(std::string name, std::string help, Type type, std::string label,
                                  std::function<Samples()> read) {
  const std::lock_guard lock(mutex_);
  sources_.push_back({std::move(name), std::move(help), std::move(label), type, std::move(read)});
}

void SampledMetrics::clear() {
  const std::lock_guard lock(mutex_);
  sources_.clear();
}

std::vector<prometheus::MetricFamily> SampledMetrics::Collect() const {
  const std::lock_guard lock(mutex_);
  std::vector<prometheus::MetricFamily> families;
  families.reserve(sources_.size());
  for (const Source& source : sources_) {
    prometheus::MetricFamily family;
    family.name = source.name;
    family.help = source.help;
    family.type = source.type == Type::kGauge ? prometheus::MetricType::Gauge
                                              : prometheus::MetricType::Counter;
    Samples samples = source.read();
    samples.resize(std::min(samples.size(), kLabelsMax));
    for (const auto& [label, value] : samples) {
      prometheus::ClientMetric metric;
      if (!source.label.empty()) metric.label.push_back({source.label, label});
      metric.gauge.value = value;
      metric.counter.value = value;
      family.metric.push_back(std::move(metric));
    }
    families.push_back(std::move(family));
  }
  return families;
}

}  // namespace pith
