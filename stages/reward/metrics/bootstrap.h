// Intervals by resampling (Efron and Tibshirani 1993; for systems compared on the same texts Koehn
// 2004, "Statistical Significance Tests for Machine Translation Evaluation").
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace pith {

struct BootstrapOptions {
  std::uint32_t draws = 2000;
  double coverage = 0.95;
  std::uint64_t seed = 1;
};

/// A statistic and its percentile interval.
struct Interval {
  double value = 0.0;
  double low = 0.0;
  double high = 0.0;
};

/// A difference is real at the given coverage when its interval does not hold 0.
struct PairedDifference {
  double value = 0.0;  ///< mean(a) - mean(b)
  double low = 0.0;
  double high = 0.0;
  double p_value =
      1.0;  ///< Two-sided share of draws on the other side of 0, never below 2 / (draws + 1).
};

/// Which groups a resample holds: draws [num_groups] numbers below num_groups, with replacement.
/// The same for the same (seed, draw, num_groups), everywhere.
std::vector<std::uint32_t> resample(std::uint64_t seed, std::uint32_t draw,
                                    std::uint32_t num_groups);

/// Interval of the mean. `groups`: values with the same number (below the number of values) are
/// drawn together, since they are not independent (questions about one text); empty: each alone.
/// values is not empty.
Interval bootstrap_mean(std::span<const double> values, std::span<const std::uint32_t> groups,
                        const BootstrapOptions& options);

/// a[i] and b[i] belong to the same item.
PairedDifference paired_bootstrap(std::span<const double> a, std::span<const double> b,
                                  std::span<const std::uint32_t> groups,
                                  const BootstrapOptions& options);

/// For statistics that are not means: `difference` is asked once with every item (value), then for
/// each resample of items (indexes, with repeats).
PairedDifference paired_bootstrap(
    std::uint32_t num_items,
    const std::function<double(std::span<const std::uint32_t> items)>& difference,
    std::span<const std::uint32_t> groups, const BootstrapOptions& options);

}  // namespace pith
