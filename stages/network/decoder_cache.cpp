#include "stages/network/decoder_cache.h"

#include <algorithm>
#include <cassert>

namespace pith {

DecoderCache::DecoderCache(const DecoderConfig& config)
    : heads_{static_cast<std::size_t>(config.num_heads),
             static_cast<std::size_t>(config.num_kv_heads),
             static_cast<std::size_t>(config.head_size)},
      layers_(static_cast<std::size_t>(config.num_layers)) {}

void DecoderCache::truncate(std::size_t size) {
  assert(size <= positions_.size());
  positions_.resize(size);
}

void DecoderCache::keep(std::span<const std::size_t> slots) {
  const std::size_t width = heads_.num_kv_heads * heads_.head_size;
  std::vector<float> key(width);
  std::vector<float> value(width);
  for (std::size_t to = 0; to < slots.size(); ++to) {
    const std::size_t from = slots[to];
    assert(from < positions_.size() && (to == 0 || from > slots[to - 1]));
    positions_[to] = positions_[from];
    if (from == to) continue;
    for (AlignedBuffer<float>& layer : layers_) {
      load_key_value(heads_, layer.data(), from, key.data(), value.data());
      store_key_value(heads_, key.data(), value.data(), to, layer.data());
    }
  }
  positions_.resize(slots.size());
}

DecoderCache DecoderCache::copy() const {
  DecoderCache other;
  other.heads_ = heads_;
  other.positions_ = positions_;
  other.layers_.resize(layers_.size());
  other.reserve(num_blocks_);
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    std::copy_n(layers_[layer].data(), layers_[layer].size(), other.layers_[layer].data());
  }
  return other;
}

void DecoderCache::read(std::size_t layer, std::size_t slot, std::span<float> key,
                        std::span<float> value) const {
  assert(layer < layers_.size() && slot < positions_.size());
  load_key_value(heads_, layers_[layer].data(), slot, key.data(), value.data());
}

void DecoderCache::append(std::span<const std::int32_t> positions) {
  positions_.insert(positions_.end(), positions.begin(), positions.end());
  reserve((positions_.size() + GroupedHeads::kSlots - 1) / GroupedHeads::kSlots);
}

void DecoderCache::reserve(std::size_t num_blocks) {
  if (num_blocks <= num_blocks_) return;
  // Half as much again: a cache that grows token by token is copied a few times only.
  const std::size_t room = std::max(num_blocks, num_blocks_ + num_blocks_ / 2);
  for (AlignedBuffer<float>& layer : layers_) {
    AlignedBuffer<float> larger(room * heads_.block_size());
    std::copy_n(layer.data(), layer.size(), larger.data());
    layer = std::move(larger);
  }
  num_blocks_ = room;
}

}  // namespace pith
