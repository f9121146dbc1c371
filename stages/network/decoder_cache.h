// What a decoder remembers of a sequence: keys and values of every token, layer by layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stages/network/aligned_buffer.h"
#include "stages/network/decoder_config.h"
#include "stages/network/layers/cached_attention.h"

namespace pith {

/// Slots 0 .. size() - 1, one a token, in the order they came. Keys are kept as rotated by the
/// position they came with, so a token may stay while its neighbours go. Move-only; one thread at a
/// time.
class DecoderCache {
 public:
  explicit DecoderCache(const DecoderConfig& config);

  std::size_t size() const { return positions_.size(); }
  /// [size()]: the position that each token came with.
  std::span<const std::int32_t> positions() const { return positions_; }
  /// The position of a token that simply goes on: one behind the last, 0 at the start.
  std::int32_t next_position() const { return positions_.empty() ? 0 : positions_.back() + 1; }

  /// Forgets all slots from `size` on; size <= size().
  void truncate(std::size_t size);
  /// Keeps only these slots, ascending, which become 0, 1, 2...
  void keep(std::span<const std::size_t> slots);
  DecoderCache copy() const;

  /// A slot's key (rotated) and value in a layer: [num_kv_heads, head_size] each.
  void read(std::size_t layer, std::size_t slot, std::span<float> key,
            std::span<float> value) const;

  // The decoder's own part.
  const GroupedHeads& heads() const { return heads_; }
  std::size_t num_layers() const { return layers_.size(); }
  /// New slots at the end, with room in every layer.
  void append(std::span<const std::int32_t> positions);
  float* blocks(std::size_t layer) { return layers_[layer].data(); }

 private:
  DecoderCache() = default;
  void reserve(std::size_t num_blocks);

  GroupedHeads heads_;
  std::vector<std::int32_t> positions_;
  std::size_t num_blocks_ = 0;
  std::vector<AlignedBuffer<float>> layers_;
};

}  // namespace pith
