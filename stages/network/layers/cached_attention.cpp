#include "stages/network/layers/cached_attention.h"

#include <algorithm>
#include <cmath>

#include "stages/network/layers/attention.h"

namespace pith {
namespace {

constexpr std::size_t kSlots = GroupedHeads::kSlots;

/// Rows taken together: with a group's heads they fill the product's blocks, and few scores are
/// worked out that causality hides.
constexpr std::size_t kRowsTogether = 24;

/// Far below any score, so that the exponential is 0 but for rounding; then it is made 0.
constexpr float kHidden = -1e30F;

std::size_t head_begin(const GroupedHeads& heads, std::size_t block, std::size_t kv_head) {
  return block * heads.block_size() + kv_head * (heads.keys_size() + heads.values_size());
}

/// Calls `visit(place in blocks, place in the head)` for the numbers of a slot's key or value.
template <class Visit>
void each_key_number(const GroupedHeads& heads, std::size_t slot, std::size_t kv_head,
                     Visit visit) {
  const std::size_t begin = head_begin(heads, slot / kSlots, kv_head) + slot % kSlots;
  for (std::size_t k = 0; k < heads.head_size; ++k) visit(begin + k * kSlots, k);
}
template <class Visit>
void each_value_number(const GroupedHeads& heads, std::size_t slot, std::size_t kv_head,
                       Visit visit) {
  const std::size_t begin =
      head_begin(heads, slot / kSlots, kv_head) + heads.keys_size() + slot % kSlots * kPanelColumns;
  for (std::size_t k = 0; k < heads.head_size; ++k) {
    visit(begin + k / kPanelColumns * kSlots * kPanelColumns + k % kPanelColumns, k);
  }
}

/// Scores of one row become the softmax's numerators; gives their sum.
float softmax_row(float* row, std::size_t num_seen, std::size_t padded, const std::uint8_t* flags,
                  float scale) {
  if (flags == nullptr) return softmax_exponentials(row, num_seen, padded, scale);
  const std::size_t own = num_seen - 1;
  for (std::size_t slot = 0; slot < own; ++slot) {
    if (flags[slot] == 0) row[slot] = kHidden;
  }
  const float sum = softmax_exponentials(row, num_seen, padded, scale);
  for (std::size_t slot = 0; slot < own; ++slot) {
    if (flags[slot] == 0) row[slot] = 0.0F;
  }
  return sum;
}

}  // namespace

void store_key_value(const GroupedHeads& heads, const float* key, const float* value,
                     std::size_t slot, float* blocks) {
  for (std::size_t head = 0; head < heads.num_kv_heads; ++head) {
    const std::size_t at = head * heads.head_size;
    each_key_number(heads, slot, head,
                    [&](std::size_t to, std::size_t k) { blocks[to] = key[at + k]; });
    each_value_number(heads, slot, head,
                      [&](std::size_t to, std::size_t k) { blocks[to] = value[at + k]; });
  }
}

void load_key_value(const GroupedHeads& heads, const float* blocks, std::size_t slot, float* key,
                    float* value) {
  for (std::size_t head = 0; head < heads.num_kv_heads; ++head) {
    const std::size_t at = head * heads.head_size;
    each_key_number(heads, slot, head,
                    [&](std::size_t from, std::size_t k) { key[at + k] = blocks[from]; });
    each_value_number(heads, slot, head,
                      [&](std::size_t from, std::size_t k) { value[at + k] = blocks[from]; });
  }
}

void cached_attention(const float* queries, std::size_t num_rows, std::size_t stride,
                      const GroupedHeads& heads, const float* blocks, std::size_t first_slot,
                      const VisibleSlots& visible, CachedAttentionMemory& memory, float* y) {
  const std::size_t group = heads.group();
  const std::size_t size = heads.head_size;
  const float scale = 1.0F / std::sqrt(static_cast<float>(size));
  for (std::size_t first = 0; first < num_rows; first += kRowsTogether) {
    const std::size_t rows = std::min(kRowsTogether, num_rows - first);
    const std::size_t num_slots = first_slot + first + rows;
    const std::size_t padded = (num_slots + kSlots - 1) / kSlots * kSlots;
    float* query = memory.queries.reserve(rows * group * size);
    float* scores = memory.scores.reserve(rows * group * padded);
    float* output = memory.outputs.reserve(rows * group * size);
    for (std::size_t kv_head = 0; kv_head < heads.num_kv_heads; ++kv_head) {
      for (std::size_t r = 0; r < rows; ++r) {
        std::copy_n(queries + (first + r) * stride + kv_head * group * size, group * size,
                    query + r * group * size);
      }
      const float* keys = blocks + head_begin(heads, 0, kv_head);
      panel_product(query, rows * group, size, {keys, size, num_slots, heads.block_size()}, scores,
                    padded, Into::kReplace, memory.packed);
      float* sums = query;  // the queries have done their work
      for (std::size_t r = 0; r < rows; ++r) {
        const std::uint8_t* flags =
            visible.flags == nullptr ? nullptr : visible.flags + (first + r) * visible.stride;
        for (std::size_t g = r * group; g < (r + 1) * group; ++g) {
          sums[g] =
              softmax_row(scores + g * padded, first_slot + first + r + 1, padded, flags, scale);
        }
      }
      for (std::size_t slot = 0; slot < num_slots; slot += kSlots) {
        const float* values = keys + slot / kSlots * heads.block_size() + heads.keys_size();
        panel_product(scores + slot, rows * group, padded,
                      {values, std::min(kSlots, num_slots - slot), size, kSlots * kPanelColumns},
                      output, size, slot == 0 ? Into::kReplace : Into::kAdd, memory.packed);
      }
      for (std::size_t r = 0; r < rows; ++r) {
        float* to = y + ((first + r) * heads.num_heads + kv_head * group) * size;
        for (std::size_t g = 0; g < group; ++g) {
          const float inverse = 1.0F / sums[r * group + g];
          const float* from = output + (r * group + g) * size;
          for (std::size_t k = 0; k < size; ++k) to[g * size + k] = from[k] * inverse;
        }
      }
    }
  }
}

}  // namespace pith
