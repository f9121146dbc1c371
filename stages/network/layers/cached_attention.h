// Causal attention of new tokens to all that a cache holds, in groups of heads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "stages/network/layers/panel_product.h"

namespace pith {

/// Heads in groups that share a key and a value (Ainslie et al. 2023), and how a layer's cache lies
/// in memory: blocks of kSlots tokens; in a block, for each kv head, the keys as one panel
/// [head_size, kSlots] and the values as panels of kPanelColumns numbers, [kSlots, 32] each.
struct GroupedHeads {
  static constexpr std::size_t kSlots = kPanelColumns;

  std::size_t num_heads = 0;
  std::size_t num_kv_heads = 0;  ///< Divides num_heads.
  std::size_t head_size = 0;

  std::size_t group() const { return num_heads / num_kv_heads; }
  std::size_t keys_size() const { return head_size * kSlots; }
  std::size_t values_size() const {
    return (head_size + kPanelColumns - 1) / kPanelColumns * kPanelColumns * kSlots;
  }
  /// Numbers in a block.
  std::size_t block_size() const { return num_kv_heads * (keys_size() + values_size()); }
};

/// Puts a token's keys and values, [num_kv_heads, head_size] each, into slot `slot` of `blocks`.
void store_key_value(const GroupedHeads& heads, const float* key, const float* value,
                     std::size_t slot, float* blocks);
/// Takes them out again.
void load_key_value(const GroupedHeads& heads, const float* blocks, std::size_t slot, float* key,
                    float* value);

/// Working memory of one thread; grows to the longest sequence and stays.
struct CachedAttentionMemory {
  AlignedBuffer<float> queries, scores, outputs;
  PanelMemory packed;
};

/// Which slots new tokens see besides what causality hides: [num_rows, stride] of 0 and 1, or null:
/// all. A token always sees itself.
struct VisibleSlots {
  const std::uint8_t* flags = nullptr;
  std::size_t stride = 0;
};

/// Per head: y = softmax(q k^T / sqrt(head_size)) v over the slots that a row sees. Row r is the
/// token in slot first_slot + r, whose key and value are stored already, and sees slots up to its
/// own. queries [num_rows, num_heads head_size], rows `stride` apart; y the same without gaps. A
/// row's result depends on that row and the slots alone (panel_product.h).
void cached_attention(const float* queries, std::size_t num_rows, std::size_t stride,
                      const GroupedHeads& heads, const float* blocks, std::size_t first_slot,
                      const VisibleSlots& visible, CachedAttentionMemory& memory, float* y);

}  // namespace pith
