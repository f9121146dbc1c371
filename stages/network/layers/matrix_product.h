// Matrix products for training: row-major, one thread, no packing.
#pragma once

#include <cstddef>

namespace pith {

/// A matrix inside a larger one: rows `stride` numbers apart.
struct ConstMatrixRef {
  const float* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t stride = 0;
};
struct MatrixRef {
  float* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t stride = 0;
  operator ConstMatrixRef() const { return {data, rows, columns, stride}; }  // NOLINT
};

/// Without gaps between rows.
inline ConstMatrixRef matrix(const float* data, std::size_t rows, std::size_t columns) {
  return {data, rows, columns, columns};
}
inline MatrixRef matrix(float* data, std::size_t rows, std::size_t columns) {
  return {data, rows, columns, columns};
}

/// What becomes of what stands in the result: it is replaced, or added to.
enum class Into : bool { kReplace, kAdd };

/// y = scale a b.  a [m, k], b [k, n], y [m, n].
void multiply(ConstMatrixRef a, ConstMatrixRef b, MatrixRef y, Into into, float scale = 1.0F);
/// y = scale a b^T.  a [m, k], b [n, k], y [m, n].
void multiply_transposed(ConstMatrixRef a, ConstMatrixRef b, MatrixRef y, Into into,
                         float scale = 1.0F);
/// y = scale a^T b.  a [k, m], b [k, n], y [m, n].
void transposed_multiply(ConstMatrixRef a, ConstMatrixRef b, MatrixRef y, Into into,
                         float scale = 1.0F);

}  // namespace pith
