#include "stages/network/layers/attention.h"
#include "stages/network/layers/quantize.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <cstring>

// Clang, which builds the fuzz targets, has another word for it.
#if defined(__clang__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma"))), \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")
#endif

namespace pith {
namespace {

// As in attention.cpp, but every 32-bit lane holds two neighbours along the dimension that is
// summed: one instruction multiplies and adds both.
constexpr std::size_t kRows = 12;
constexpr std::size_t kLanes = 16;
constexpr std::size_t kPanel = 2 * kLanes;

constexpr std::size_t panels(std::size_t columns) { return (columns + kPanel - 1) / kPanel; }

__m512bh pairs(__m512i lanes) {
  __m512bh typed;
  std::memcpy(&typed, &lanes, sizeof typed);
  return typed;
}

/// y[r][c] = sum over k of both halves of a[k * a_step + r * a_row] times those of b[k][c].
void panel_product(const std::uint32_t* a, std::size_t a_step, std::size_t a_row,
                   const std::uint32_t* b, std::size_t depth, float* y, std::size_t y_row) {
  __m512 low[kRows];
  __m512 high[kRows];
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) low[r] = high[r] = _mm512_setzero_ps();
  for (std::size_t k = 0; k < depth; ++k) {
    const __m512bh b_low = pairs(_mm512_load_si512(b + k * kPanel));
    const __m512bh b_high = pairs(_mm512_load_si512(b + k * kPanel + kLanes));
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kRows; ++r) {
      const __m512bh value =
          pairs(_mm512_set1_epi32(static_cast<std::int32_t>(a[k * a_step + r * a_row])));
      low[r] = _mm512_dpbf16_ps(low[r], value, b_low);
      high[r] = _mm512_dpbf16_ps(high[r], value, b_high);
    }
  }
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
    _mm512_store_ps(y + r * y_row, low[r]);
    _mm512_store_ps(y + r * y_row + kLanes, high[r]);
  }
}

/// Two neighbours of a row as one lane; the second is 0 behind the end.
std::uint32_t pair_at(const std::uint16_t* row, std::size_t k, std::size_t size) {
  const std::uint32_t second = k + 1 < size ? row[k + 1] : 0U;
  return row[k] | second << 16U;
}

void pack_keys(const std::uint16_t* key, std::size_t row_size, std::size_t length,
               std::size_t head_size, std::uint32_t* keys) {
  const std::size_t depth = (head_size + 1) / 2;
  for (std::size_t j = 0; j < panels(length) * kPanel; ++j) {
    std::uint32_t* to = keys + (j / kPanel) * depth * kPanel + j % kPanel;
    const std::uint16_t* from = key + j * row_size;
    for (std::size_t k = 0; k < depth; ++k) {
      to[k * kPanel] = j < length ? pair_at(from, 2 * k, head_size) : 0U;
    }
  }
}

void pack_values(const std::uint16_t* value, std::size_t row_size, std::size_t length,
                 std::size_t head_size, std::uint32_t* values) {
  const std::size_t depth = (length + 1) / 2;
  for (std::size_t p = 0; p < panels(head_size); ++p) {
    const std::size_t width = std::min(kPanel, head_size - p * kPanel);
    for (std::size_t j = 0; j < depth; ++j) {
      std::uint32_t* to = values + (p * depth + j) * kPanel;
      const std::uint16_t* first = value + 2 * j * row_size + p * kPanel;
      const std::uint16_t* second = 2 * j + 1 < length ? first + row_size : nullptr;
      for (std::size_t c = 0; c < width; ++c) {
        to[c] = first[c] | (second != nullptr ? std::uint32_t{second[c]} << 16U : 0U);
      }
      std::fill(to + width, to + kPanel, 0U);
    }
  }
}

/// One head. `narrow` points at its first query, `y` at its first output.
void attention_head(const std::uint16_t* narrow, std::size_t length, std::size_t width,
                    std::size_t head_size, AttentionMemory& memory, float* y) {
  const std::size_t row_size = 3 * width;
  const std::size_t key_columns = panels(length) * kPanel;
  const std::size_t value_columns = panels(head_size) * kPanel;
  const std::size_t key_depth = (head_size + 1) / 2;
  const std::size_t value_depth = (length + 1) / 2;
  std::uint32_t* keys = memory.key_pairs.reserve(key_columns * key_depth);
  std::uint32_t* values = memory.value_pairs.reserve(value_columns * value_depth);
  std::uint32_t* queries = memory.query_pairs.reserve(kRows * key_depth);
  float* scores = memory.scores.reserve(kRows * key_columns);
  float* outputs = memory.outputs.reserve(kRows * value_columns);
  std::uint16_t* weights = memory.weights.reserve(kRows * key_columns);
  pack_keys(narrow + width, row_size, length, head_size, keys);
  pack_values(narrow + 2 * width, row_size, length, head_size, values);
  const float scale = 1.0F / std::sqrt(static_cast<float>(head_size));

  for (std::size_t first = 0; first < length; first += kRows) {
    const std::size_t rows = std::min(kRows, length - first);
    for (std::size_t r = 0; r < kRows; ++r) {
      const std::uint16_t* query = narrow + (first + std::min(r, rows - 1)) * row_size;
      for (std::size_t k = 0; k < key_depth; ++k) {
        queries[k * kRows + r] = pair_at(query, 2 * k, head_size);
      }
    }
    for (std::size_t p = 0; p < panels(length); ++p) {
      panel_product(queries, kRows, 1, keys + p * key_depth * kPanel, key_depth,
                    scores + p * kPanel, key_columns);
    }
    float scale_of[kRows];
    for (std::size_t r = 0; r < rows; ++r) {
      float* row = scores + r * key_columns;
      scale_of[r] = 1.0F / softmax_exponentials(row, length, key_columns, scale);
      to_bfloat16({row, key_columns}, weights + r * key_columns);
    }
    for (std::size_t p = 0; p < panels(head_size); ++p) {
      panel_product(reinterpret_cast<const std::uint32_t*>(weights), 1, key_columns / 2,
                    values + p * value_depth * kPanel, value_depth, outputs + p * kPanel,
                    value_columns);
    }
    for (std::size_t r = 0; r < rows; ++r) {
      float* to = y + (first + r) * width;
      for (std::size_t k = 0; k < head_size; ++k) {
        to[k] = outputs[r * value_columns + k] * scale_of[r];
      }
    }
  }
}

}  // namespace

void attention_forward_bfloat16(const float* qkv, std::size_t length, const AttentionShape& shape,
                                AttentionMemory& memory, float* y) {
  const std::size_t width = shape.num_heads * shape.head_size;
  std::uint16_t* narrow = memory.narrow.reserve(length * 3 * width);
  to_bfloat16({qkv, length * 3 * width}, narrow);
  for (std::size_t head = 0; head < shape.num_heads; ++head) {
    const std::size_t at = head * shape.head_size;
    attention_head(narrow + at, length, width, shape.head_size, memory, y + at);
  }
}

}  // namespace pith
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#else

#include <cassert>

namespace pith {

void attention_forward_bfloat16(const float*, std::size_t, const AttentionShape&, AttentionMemory&,
                                float*) {
  assert(false);  // cpu_has_bfloat16() is false here
}

}  // namespace pith
#endif
