// What a reward is compared with before it is learned from.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pith {

/// Reward minus the mean of the record's other rewards (Kool et al. 2019); of one alone: 0.
std::vector<double> leave_one_out(std::span<const double> rewards);

/// A moving mean per bucket (a rate), drawn towards 0 while it has seen few rewards.
class MovingBaseline {
 public:
  explicit MovingBaseline(std::size_t num_buckets, double weight = 0.01)
      : weight_(weight), means_(num_buckets), counts_(num_buckets) {}

  /// mean * n / (n + 50)
  double of(std::size_t bucket) const {
    const double count = static_cast<double>(counts_[bucket]);
    return means_[bucket] * count / (count + 50.0);
  }
  /// The plain mean of the first 1 / weight rewards, from then on it forgets.
  void add(std::size_t bucket, double reward);

  /// What a checkpoint keeps.
  std::vector<double>& means() { return means_; }
  const std::vector<double>& means() const { return means_; }
  std::vector<std::uint64_t>& counts() { return counts_; }
  const std::vector<std::uint64_t>& counts() const { return counts_; }

 private:
  double weight_;
  std::vector<double> means_;
  std::vector<std::uint64_t> counts_;
};

/// Advantages of a batch in units of its rewards' standard deviation, each within [-3, 3]. The
/// deviation counts as at least 0.05, so that a batch of equals does not become noise.
double reward_deviation(std::span<const double> rewards);
double scaled_advantage(double advantage, double deviation);

}  // namespace pith
