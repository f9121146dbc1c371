// Metrics that others count: asked for when somebody scrapes, so that counting costs nothing.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace pith {

class SampledMetrics final : public prometheus::Collectable {
 public:
  enum class Type { kGauge, kCounter };
  /// Value of the label (empty: none), value.
  using Samples = std::vector<std::pair<std::string, double>>;

  /// `read` is called under a lock when somebody scrapes, from that thread.
  void add(std::string name, std::string help, Type type, std::function<double()> read);
  /// As many values as `read` gives, but at most 64: the rest is left out.
  void add_labelled(std::string name, std::string help, Type type, std::string label,
                    std::function<Samples()> read);
  /// Forgets all: after it returns no `read` runs any more.
  void clear();

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct Source {
    std::string name, help, label;
    Type type;
    std::function<Samples()> read;
  };
  mutable std::mutex mutex_;
  std::vector<Source> sources_;
};

}  // namespace pith
