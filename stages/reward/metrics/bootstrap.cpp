#include "stages/reward/metrics/bootstrap.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "stages/network/counter_random.h"

namespace pith {
namespace {

/// Items of each group, groups in the order of their first item.
std::vector<std::vector<std::uint32_t>> members(std::uint32_t num_items,
                                                std::span<const std::uint32_t> groups) {
  std::vector<std::vector<std::uint32_t>> out;
  if (groups.empty()) {
    for (std::uint32_t item = 0; item < num_items; ++item) out.push_back({item});
    return out;
  }
  assert(groups.size() == num_items);
  std::vector<std::int64_t> place(num_items, -1);
  for (std::uint32_t item = 0; item < num_items; ++item) {
    assert(groups[item] < num_items);
    if (place[groups[item]] < 0) {
      place[groups[item]] = static_cast<std::int64_t>(out.size());
      out.emplace_back();
    }
    out[static_cast<std::size_t>(place[groups[item]])].push_back(item);
  }
  return out;
}

/// Between the two nearest values, by distance. `sorted` is not empty.
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double part = place - static_cast<double>(below);
  return sorted[below] + part * (sorted[above] - sorted[below]);
}

Interval interval(double value, std::vector<double> draws, double coverage) {
  if (draws.empty()) return {value, value, value};
  std::ranges::sort(draws);
  return {value, quantile(draws, (1.0 - coverage) / 2.0), quantile(draws, (1.0 + coverage) / 2.0)};
}

struct GroupSum {
  double sum = 0.0;
  double count = 0.0;
};

double mean_of(std::span<const GroupSum> sums, std::span<const std::uint32_t> drawn) {
  GroupSum all;
  for (const std::uint32_t group : drawn) {
    all.sum += sums[group].sum;
    all.count += sums[group].count;
  }
  return all.sum / all.count;
}

/// Mean of all values, and of every resample.
double mean_and_draws(std::span<const double> values, std::span<const std::uint32_t> groups,
                      const BootstrapOptions& options, std::vector<double>& draws) {
  std::vector<GroupSum> sums;
  for (const auto& items : members(static_cast<std::uint32_t>(values.size()), groups)) {
    GroupSum sum;
    for (const std::uint32_t item : items) sum.sum += values[item];
    sum.count = static_cast<double>(items.size());
    sums.push_back(sum);
  }
  for (std::uint32_t draw = 0; draw < options.draws; ++draw) {
    draws.push_back(
        mean_of(sums, resample(options.seed, draw, static_cast<std::uint32_t>(sums.size()))));
  }
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

PairedDifference difference_of(double value, const std::vector<double>& draws, double coverage) {
  const Interval found = interval(value, draws, coverage);
  const auto share = [&](auto holds) {
    return (1.0 + static_cast<double>(std::ranges::count_if(draws, holds))) /
           (1.0 + static_cast<double>(draws.size()));
  };
  const double other_side =
      std::min(share([](double d) { return d <= 0.0; }), share([](double d) { return d >= 0.0; }));
  return {value, found.low, found.high, std::min(1.0, 2.0 * other_side)};
}

}  // namespace

std::vector<std::uint32_t> resample(std::uint64_t seed, std::uint32_t draw,
                                    std::uint32_t num_groups) {
  std::vector<std::uint32_t> drawn(num_groups);
  for (std::uint32_t i = 0; i < num_groups; ++i) {
    const std::uint64_t counter = std::uint64_t{draw} << 32U | i;
    // The upper half of 32 random bits times num_groups: below num_groups, bias under 2^-32 n.
    drawn[i] = static_cast<std::uint32_t>((random_bits(seed, counter) >> 32U) * num_groups >> 32U);
  }
  return drawn;
}

Interval bootstrap_mean(std::span<const double> values, std::span<const std::uint32_t> groups,
                        const BootstrapOptions& options) {
  assert(!values.empty());
  std::vector<double> draws;
  const double mean = mean_and_draws(values, groups, options, draws);
  return interval(mean, std::move(draws), options.coverage);
}

PairedDifference paired_bootstrap(std::span<const double> a, std::span<const double> b,
                                  std::span<const std::uint32_t> groups,
                                  const BootstrapOptions& options) {
  assert(!a.empty() && a.size() == b.size());
  std::vector<double> differences(a.size());
  std::ranges::transform(a, b, differences.begin(), std::minus<>());
  std::vector<double> draws;
  const double mean = mean_and_draws(differences, groups, options, draws);
  return difference_of(mean, draws, options.coverage);
}

PairedDifference paired_bootstrap(
    std::uint32_t num_items,
    const std::function<double(std::span<const std::uint32_t>)>& difference,
    std::span<const std::uint32_t> groups, const BootstrapOptions& options) {
  assert(num_items > 0);
  const auto items_of = members(num_items, groups);
  std::vector<double> draws;
  std::vector<std::uint32_t> items(num_items);
  std::iota(items.begin(), items.end(), 0U);
  const double value = difference(items);
  for (std::uint32_t draw = 0; draw < options.draws; ++draw) {
    items.clear();
    for (const std::uint32_t group :
         resample(options.seed, draw, static_cast<std::uint32_t>(items_of.size()))) {
      items.insert(items.end(), items_of[group].begin(), items_of[group].end());
    }
    draws.push_back(difference(items));
  }
  return difference_of(value, draws, options.coverage);
}

}  // namespace pith
