#include "stages/network/batch_gradient.h"

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>

namespace pith {

template <class Tape>
ShardedGradient<Tape>::ShardedGradient(std::size_t num_parameters) : shards_(kShards) {
  for (Shard& shard : shards_) shard.gradients.resize(num_parameters);
}

template <class Tape>
double ShardedGradient<Tape>::run(std::size_t num_items, const Work& work) {
  const std::size_t used = std::min(kShards, num_items);
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, kShards, 1),
      [&](const tbb::blocked_range<std::size_t>& range) {
        for (std::size_t index = range.begin(); index < range.end(); ++index) {
          Shard& shard = shards_[index];
          std::fill(shard.gradients.begin(), shard.gradients.end(), 0.0F);
          shard.loss = 0;
          for (std::size_t item = index; item < num_items; item += kShards) {
            shard.loss += work(item, shard.tape, shard.gradients);
          }
        }
      },
      tbb::simple_partitioner());
  const std::size_t size = shards_.front().gradients.size();
  constexpr std::size_t kBlock = 1 << 15;
  tbb::parallel_for(std::size_t{0}, (size + kBlock - 1) / kBlock, [&](std::size_t block) {
    float* total = shards_.front().gradients.data();
    const std::size_t end = std::min(size, (block + 1) * kBlock);
    for (std::size_t index = 1; index < used; ++index) {
      const float* part = shards_[index].gradients.data();
      for (std::size_t i = block * kBlock; i < end; ++i) total[i] += part[i];
    }
  });
  double loss = 0;
  for (const Shard& shard : shards_) loss += shard.loss;
  return loss;
}

template class ShardedGradient<EncoderTape>;
template class ShardedGradient<DecoderTape>;

}  // namespace pith
