#include "apps/metrics/bounded_counters.h"

#include <mutex>
#include <utility>

namespace pith {

BoundedCounters::BoundedCounters(prometheus::Family<prometheus::Counter>& family,
                                 prometheus::Labels fixed, std::string label,
                                 std::size_t values_max)
    : family_(family),
      fixed_(std::move(fixed)),
      label_(std::move(label)),
      values_max_(values_max) {}

prometheus::Counter& BoundedCounters::at(std::string_view value) {
  {
    const std::shared_lock lock(mutex_);
    const auto found = counters_.find(value);
    if (found != counters_.end()) return *found->second;
  }
  const std::unique_lock lock(mutex_);
  const auto found = counters_.find(value);
  if (found != counters_.end()) return *found->second;
  if (counters_.size() < values_max_) return make(std::string(value));
  const auto other = counters_.find("other");
  return other != counters_.end() ? *other->second : make("other");
}

prometheus::Counter& BoundedCounters::make(const std::string& value) {
  prometheus::Labels labels = fixed_;
  labels[label_] = value;
  prometheus::Counter& counter = family_.Add(labels);
  counters_.emplace(value, &counter);
  return counter;
}

std::map<std::string, double> BoundedCounters::counts() const {
  const std::shared_lock lock(mutex_);
  std::map<std::string, double> counts;
  for (const auto& [value, counter] : counters_) counts[value] = counter->Value();
  return counts;
}

}  // namespace pith
