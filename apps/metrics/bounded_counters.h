// Counters of one name whose last label has values that are not all known beforehand.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <cstddef>
#include <functional>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>

namespace pith {

/// At most `values_max` values of the label get a counter of their own; later ones share "other",
/// so that nobody can fill the memory of Pith or of a Prometheus with made-up values. Thread-safe.
class BoundedCounters {
 public:
  BoundedCounters(prometheus::Family<prometheus::Counter>& family, prometheus::Labels fixed,
                  std::string label, std::size_t values_max);

  /// Lives as long as the registry: callers may keep it.
  prometheus::Counter& at(std::string_view value);
  /// Value of the label, count.
  std::map<std::string, double> counts() const;

 private:
  prometheus::Counter& make(const std::string& value);

  prometheus::Family<prometheus::Counter>& family_;
  const prometheus::Labels fixed_;
  const std::string label_;
  const std::size_t values_max_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, prometheus::Counter*, std::less<>> counters_;
};

}  // namespace pith
