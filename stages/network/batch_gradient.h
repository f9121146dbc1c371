// The gradient of a batch of sequences, on all cores, the same on any number of them.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "stages/network/trainable_decoder.h"
#include "stages/network/trainable_encoder.h"

namespace pith {

/// Sequences are dealt out to a fixed number of shards; a shard takes its own in order and has a
/// gradient array of its own, and these are added in order: results do not depend on threads.
template <class Tape>
class ShardedGradient {
 public:
  static constexpr std::size_t kShards = 8;

  explicit ShardedGradient(std::size_t num_parameters);

  /// Forward and backward of sequence `item`: adds to `gradients`, gives its loss.
  using Work = std::function<double(std::size_t item, Tape& tape, std::span<float> gradients)>;

  /// Sum of losses over items 0..num_items - 1; their gradients' sum is in gradients() until the
  /// next call.
  double run(std::size_t num_items, const Work& work);
  std::span<float> gradients() { return shards_.front().gradients; }

 private:
  struct Shard {
    Tape tape;
    std::vector<float> gradients;
    double loss = 0;
  };
  std::vector<Shard> shards_;
};

using BatchGradient = ShardedGradient<EncoderTape>;
using DecoderBatchGradient = ShardedGradient<DecoderTape>;

}  // namespace pith
