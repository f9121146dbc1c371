#include "stages/network/layers/attention.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "stages/network/layers/attention.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "stages/network/layers/softmax-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pith::HWY_NAMESPACE {

// Queries are taken kRows at a time; keys, and columns of values, in panels of two vectors: kRows *
// 2 sums stay in registers, and the inner loops read straight on.
constexpr std::size_t kLanes = HWY_LANES(float);
constexpr std::size_t kPanel = 2 * kLanes;
constexpr std::size_t kRows = kLanes >= 16 ? 12 : 4;

constexpr std::size_t panels(std::size_t columns) { return (columns + kPanel - 1) / kPanel; }

/// y[r][c] = sum over k of a[k * a_step + r * a_row] b[k][c], kRows rows, one panel of columns.
HWY_INLINE void panel_product(const float* HWY_RESTRICT a, std::size_t a_step, std::size_t a_row,
                              const float* HWY_RESTRICT b, std::size_t depth, float* HWY_RESTRICT y,
                              std::size_t y_row) {
  const D d;
  V low[kRows];
  V high[kRows];
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) low[r] = high[r] = hn::Zero(d);
  for (std::size_t k = 0; k < depth; ++k) {
    const V b_low = hn::Load(d, b + k * kPanel);
    const V b_high = hn::Load(d, b + k * kPanel + kLanes);
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kRows; ++r) {
      const V value = hn::Set(d, a[k * a_step + r * a_row]);
      low[r] = hn::MulAdd(value, b_low, low[r]);
      high[r] = hn::MulAdd(value, b_high, high[r]);
    }
  }
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
    hn::Store(low[r], d, y + r * y_row);
    hn::Store(high[r], d, y + r * y_row + kLanes);
  }
}

/// Panel p, depth k, column c: keys[(p * head_size + k) * kPanel + c] = key p * kPanel + c, number
/// k.
void pack_keys(const float* key, std::size_t row_size, std::size_t length, std::size_t head_size,
               float* HWY_RESTRICT keys) {
  for (std::size_t j = 0; j < panels(length) * kPanel; ++j) {
    float* to = keys + (j / kPanel) * head_size * kPanel + j % kPanel;
    const float* from = key + j * row_size;
    for (std::size_t k = 0; k < head_size; ++k) to[k * kPanel] = j < length ? from[k] : 0.0F;
  }
}

/// Panel p, depth j, column c: values[(p * length + j) * kPanel + c] = value j, number p * kPanel +
/// c.
void pack_values(const float* value, std::size_t row_size, std::size_t length,
                 std::size_t head_size, float* HWY_RESTRICT values) {
  for (std::size_t p = 0; p < panels(head_size); ++p) {
    const std::size_t width = std::min(kPanel, head_size - p * kPanel);
    for (std::size_t j = 0; j < length; ++j) {
      float* to = values + (p * length + j) * kPanel;
      std::memcpy(to, value + j * row_size + p * kPanel, width * sizeof(float));
      std::fill(to + width, to + kPanel, 0.0F);
    }
  }
}

/// One head. `qkv` points at its first query, `y` at its first output.
void attention_head(const float* qkv, std::size_t length, std::size_t width, std::size_t head_size,
                    AttentionMemory& memory, float* y) {
  const std::size_t row_size = 3 * width;
  const std::size_t key_columns = panels(length) * kPanel;
  const std::size_t value_columns = panels(head_size) * kPanel;
  float* keys = memory.keys.reserve(key_columns * head_size);
  float* values = memory.values.reserve(value_columns * length);
  float* queries = memory.queries.reserve(kRows * head_size);
  float* scores = memory.scores.reserve(kRows * key_columns);
  float* outputs = memory.outputs.reserve(kRows * value_columns);
  pack_keys(qkv + width, row_size, length, head_size, keys);
  pack_values(qkv + 2 * width, row_size, length, head_size, values);
  const float scale = 1.0F / std::sqrt(static_cast<float>(head_size));

  for (std::size_t first = 0; first < length; first += kRows) {
    const std::size_t rows = std::min(kRows, length - first);
    for (std::size_t r = 0; r < kRows; ++r) {
      const float* query = qkv + (first + std::min(r, rows - 1)) * row_size;
      for (std::size_t k = 0; k < head_size; ++k) queries[k * kRows + r] = query[k];
    }
    for (std::size_t p = 0; p < panels(length); ++p) {
      panel_product(queries, kRows, 1, keys + p * head_size * kPanel, head_size,
                    scores + p * kPanel, key_columns);
    }
    float scale_of[kRows];
    for (std::size_t r = 0; r < rows; ++r) {
      scale_of[r] = 1.0F / exponentials(scores + r * key_columns, length, key_columns, scale);
    }
    for (std::size_t p = 0; p < panels(head_size); ++p) {
      panel_product(scores, 1, key_columns, values + p * length * kPanel, length,
                    outputs + p * kPanel, value_columns);
    }
    for (std::size_t r = 0; r < rows; ++r) {
      float* to = y + (first + r) * width;
      for (std::size_t k = 0; k < head_size; ++k)
        to[k] = outputs[r * value_columns + k] * scale_of[r];
    }
  }
}

void attention_kernel(const float* qkv, std::size_t length, const AttentionShape& shape,
                      AttentionMemory& memory, float* y) {
  const std::size_t width = shape.num_heads * shape.head_size;
  for (std::size_t head = 0; head < shape.num_heads; ++head) {
    const std::size_t at = head * shape.head_size;
    attention_head(qkv + at, length, width, shape.head_size, memory, y + at);
  }
}

float exponentials_kernel(float* row, std::size_t length, std::size_t padded, float scale) {
  return exponentials(row, length, padded, scale);
}

}  // namespace pith::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pith {
HWY_EXPORT(attention_kernel);
HWY_EXPORT(exponentials_kernel);

void attention_forward(const float* qkv, std::size_t length, const AttentionShape& shape,
                       AttentionMemory& memory, float* y) {
  HWY_DYNAMIC_DISPATCH(attention_kernel)(qkv, length, shape, memory, y);
}

float softmax_exponentials(float* row, std::size_t length, std::size_t padded, float scale) {
  return HWY_DYNAMIC_DISPATCH(exponentials_kernel)(row, length, padded, scale);
}

}  // namespace pith
#endif
