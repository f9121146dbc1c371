// Matrix products whose results do not depend on how many rows go side by side: for decoders, where
// a token must mean the same alone, in a batch and in one pass over the whole text.
#pragma once

#include <cstddef>
#include <span>

#include "stages/network/aligned_buffer.h"
#include "stages/network/layers/matrix_product.h"

namespace pith {

/// Columns of a panel: two vectors of AVX-512.
inline constexpr std::size_t kPanelColumns = 32;

/// A matrix [depth, columns] cut into panels of kPanelColumns columns: number (k, c) lies at
/// data[(c / 32) * stride + k * 32 + c % 32]. The last panel is filled up (with anything finite).
struct PanelsRef {
  const float* data = nullptr;  ///< Aligned to 64 bytes.
  std::size_t depth = 0;
  std::size_t columns = 0;
  std::size_t stride = 0;  ///< From panel to panel; a multiple of 16.
};

using PanelMemory = AlignedBuffer<float>;

/// y = a b, or y += a b.  a [num_rows, depth], b [depth, columns], y [num_rows, columns], rows
/// `a_stride` and `y_stride` apart. Every number is one sum over the depth, from first to last,
/// whatever num_rows is: on the same CPU bit for bit the same.
void panel_product(const float* a, std::size_t num_rows, std::size_t a_stride, const PanelsRef& b,
                   float* y, std::size_t y_stride, Into into, PanelMemory& memory);

/// The weight of a linear layer, [out, in] row by row as files have it, in panels of outputs.
class PanelMatrix {
 public:
  PanelMatrix() = default;
  PanelMatrix(std::span<const float> weight, std::size_t in, std::size_t out);

  std::size_t in() const { return in_; }
  std::size_t out() const { return out_; }
  /// Row `index` of the weight: values [in].
  void row(std::size_t index, float* values) const;
  /// y = x weight^T, or y += it.  x [num_rows, in], y [num_rows, out], without gaps.
  void forward(const float* x, std::size_t num_rows, float* y, Into into,
               PanelMemory& memory) const {
    panel_product(x, num_rows, in_, {data_.data(), in_, out_, in_ * kPanelColumns}, y, out_, into,
                  memory);
  }

 private:
  std::size_t in_ = 0, out_ = 0;
  AlignedBuffer<float> data_;
};

}  // namespace pith
