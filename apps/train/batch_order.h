// Which items a step learns from.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "stages/network/counter_random.h"

namespace pith {

/// The numbers 0..size-1 in an order that follows from seed and epoch.
inline std::vector<std::uint32_t> shuffled(std::size_t size, std::uint64_t seed,
                                           std::uint64_t epoch) {
  std::vector<std::uint64_t> keys(size);
  for (std::size_t i = 0; i < size; ++i) keys[i] = random_bits(random_bits(seed, epoch), i);
  std::vector<std::uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return keys[a] != keys[b] ? keys[a] < keys[b] : a < b;
  });
  return order;
}

/// Items of step after step, epoch after epoch, each epoch in an order of its own. At least one
/// item.
class BatchOrder {
 public:
  BatchOrder(std::size_t num_items, std::size_t batch_items, std::uint64_t seed)
      : num_items_(num_items), batch_items_(std::min(batch_items, num_items)), seed_(seed) {}

  std::uint64_t steps_per_epoch() const { return num_items_ / batch_items_; }

  /// Valid until the next call.
  std::span<const std::uint32_t> batch(std::uint64_t step) {
    const std::uint64_t epoch = step / steps_per_epoch();
    if (order_.empty() || epoch != epoch_) {
      order_ = shuffled(num_items_, seed_, epoch);
      epoch_ = epoch;
    }
    const std::size_t first = step % steps_per_epoch() * batch_items_;
    return std::span(order_).subspan(first, batch_items_);
  }

 private:
  std::size_t num_items_;
  std::size_t batch_items_;
  std::uint64_t seed_;
  std::uint64_t epoch_ = 0;
  std::vector<std::uint32_t> order_;
};

}  // namespace pith
