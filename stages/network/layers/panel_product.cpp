#include "stages/network/layers/panel_product.h"

#include <algorithm>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "stages/network/layers/panel_product.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace pith::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

constexpr std::size_t kLanes = HWY_LANES(float);
static_assert(kPanelColumns % kLanes == 0);
constexpr std::size_t kVectors = kPanelColumns / kLanes;
/// Rows of a block: as many sums as registers hold beside a panel's row.
constexpr std::size_t kBlockRows = kLanes >= 16 ? 12 : kLanes == 8 ? 3 : 2;
/// Sums that hide an addition's latency.
constexpr std::size_t kSumsMin = 8;

/// Panels that few rows go through side by side.
constexpr std::size_t panels_together(std::size_t rows) {
  return rows * kVectors >= kSumsMin ? 1 : kSumsMin / (rows * kVectors);
}

/// kRows rows and kPanels panels: y[r][c] (+)= sum over k of a[k * kRows + r] b[k][c].
template <std::size_t kRows, std::size_t kPanels>
HWY_INLINE void block_product(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b,
                              std::size_t depth, std::size_t stride, float* HWY_RESTRICT y,
                              std::size_t y_stride, bool add) {
  const D d;
  V sums[kRows][kPanels][kVectors];
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 16
    for (std::size_t p = 0; p < kPanels; ++p) {
#pragma GCC unroll 16
      for (std::size_t v = 0; v < kVectors; ++v) {
        sums[r][p][v] =
            add ? hn::LoadU(d, y + r * y_stride + p * kPanelColumns + v * kLanes) : hn::Zero(d);
      }
    }
  }
  for (std::size_t k = 0; k < depth; ++k) {
#pragma GCC unroll 16
    for (std::size_t p = 0; p < kPanels; ++p) {
      const float* row = b + p * stride + k * kPanelColumns;
#pragma GCC unroll 16
      for (std::size_t v = 0; v < kVectors; ++v) {
        const V column = hn::Load(d, row + v * kLanes);
#pragma GCC unroll 16
        for (std::size_t r = 0; r < kRows; ++r) {
          sums[r][p][v] = hn::MulAdd(hn::Set(d, a[k * kRows + r]), column, sums[r][p][v]);
        }
      }
    }
  }
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 16
    for (std::size_t p = 0; p < kPanels; ++p) {
#pragma GCC unroll 16
      for (std::size_t v = 0; v < kVectors; ++v) {
        hn::StoreU(sums[r][p][v], d, y + r * y_stride + p * kPanelColumns + v * kLanes);
      }
    }
  }
}

/// kRows rows and the panel whose last columns are not the matrix's.
template <std::size_t kRows>
void edge_product(const float* a, const float* b, std::size_t depth, std::size_t columns, float* y,
                  std::size_t y_stride, bool add) {
  HWY_ALIGN float whole[kRows * kPanelColumns] = {};
  for (std::size_t r = 0; add && r < kRows; ++r) {
    std::copy_n(y + r * y_stride, columns, whole + r * kPanelColumns);
  }
  block_product<kRows, 1>(a, b, depth, 0, whole, kPanelColumns, add);
  for (std::size_t r = 0; r < kRows; ++r) {
    std::copy_n(whole + r * kPanelColumns, columns, y + r * y_stride);
  }
}

/// kRows packed rows through panels first .. last - 1.
template <std::size_t kRows>
void row_block(const float* a, const PanelsRef& b, std::size_t first, std::size_t last, float* y,
               std::size_t y_stride, bool add) {
  constexpr std::size_t kTogether = panels_together(kRows);
  const std::size_t whole = std::min(last, b.columns / kPanelColumns);
  std::size_t panel = first;
  for (; panel + kTogether <= whole; panel += kTogether) {
    block_product<kRows, kTogether>(a, b.data + panel * b.stride, b.depth, b.stride,
                                    y + panel * kPanelColumns, y_stride, add);
  }
  for (; panel < whole; ++panel) {
    block_product<kRows, 1>(a, b.data + panel * b.stride, b.depth, b.stride,
                            y + panel * kPanelColumns, y_stride, add);
  }
  for (; panel < last; ++panel) {
    edge_product<kRows>(a, b.data + panel * b.stride, b.depth, b.columns - panel * kPanelColumns,
                        y + panel * kPanelColumns, y_stride, add);
  }
}

using RowBlock = void (*)(const float*, const PanelsRef&, std::size_t, std::size_t, float*,
                          std::size_t, bool);

template <std::size_t... kIndex>
RowBlock row_block_of(std::size_t rows, std::index_sequence<kIndex...> /*unused*/) {
  static constexpr RowBlock kBlocks[] = {row_block<kIndex + 1>...};
  return kBlocks[rows - 1];
}

/// Row by row to what a block reads straight on: [block][k][row].
void pack_rows(const float* a, std::size_t num_rows, std::size_t a_stride, std::size_t depth,
               float* HWY_RESTRICT packed) {
  for (std::size_t first = 0; first < num_rows; first += kBlockRows) {
    const std::size_t rows = std::min(kBlockRows, num_rows - first);
    float* to = packed + first * depth;
    const float* from = a + first * a_stride;
    if (rows == kBlockRows) {
      for (std::size_t k = 0; k < depth; ++k, to += kBlockRows) {
        for (std::size_t r = 0; r < kBlockRows; ++r) to[r] = from[r * a_stride + k];
      }
      continue;
    }
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t k = 0; k < depth; ++k) to[k * rows + r] = from[r * a_stride + k];
    }
  }
}

void panel_product_kernel(const float* a, std::size_t num_rows, std::size_t a_stride,
                          const PanelsRef& b, float* y, std::size_t y_stride, bool add,
                          PanelMemory& memory) {
  constexpr auto kEach = std::make_index_sequence<kBlockRows>{};
  const std::size_t num_panels = (b.columns + kPanelColumns - 1) / kPanelColumns;
  if (num_rows <= kBlockRows) {
    const float* packed = a;
    if (num_rows > 1) {
      pack_rows(a, num_rows, a_stride, b.depth, memory.reserve(num_rows * b.depth));
      packed = memory.data();
    }
    row_block_of(num_rows, kEach)(packed, b, 0, num_panels, y, y_stride, add);
    return;
  }
  pack_rows(a, num_rows, a_stride, b.depth, memory.reserve(num_rows * b.depth));
  // Panel by panel: a panel stays in the nearest cache while all rows go through it.
  for (std::size_t panel = 0; panel < num_panels; ++panel) {
    for (std::size_t first = 0; first < num_rows; first += kBlockRows) {
      row_block_of(std::min(kBlockRows, num_rows - first), kEach)(
          memory.data() + first * b.depth, b, panel, panel + 1, y + first * y_stride, y_stride,
          add);
    }
  }
}

}  // namespace pith::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pith {
HWY_EXPORT(panel_product_kernel);

void panel_product(const float* a, std::size_t num_rows, std::size_t a_stride, const PanelsRef& b,
                   float* y, std::size_t y_stride, Into into, PanelMemory& memory) {
  if (num_rows == 0 || b.columns == 0) return;
  HWY_DYNAMIC_DISPATCH(panel_product_kernel)
  (a, num_rows, a_stride, b, y, y_stride, into == Into::kAdd, memory);
}

PanelMatrix::PanelMatrix(std::span<const float> weight, std::size_t in, std::size_t out)
    : in_(in), out_(out), data_((out + kPanelColumns - 1) / kPanelColumns * kPanelColumns * in) {
  for (std::size_t index = 0; index < out; ++index) {
    float* to = data_.data() + index / kPanelColumns * kPanelColumns * in + index % kPanelColumns;
    for (std::size_t k = 0; k < in; ++k) to[k * kPanelColumns] = weight[index * in + k];
  }
}

void PanelMatrix::row(std::size_t index, float* values) const {
  const float* from =
      data_.data() + index / kPanelColumns * kPanelColumns * in_ + index % kPanelColumns;
  for (std::size_t k = 0; k < in_; ++k) values[k] = from[k * kPanelColumns];
}

}  // namespace pith
#endif
