#include "stages/network/layers/matrix_product.h"

#include <cassert>
#include <dnnl.hpp>

#include "stages/network/one_thread.h"

namespace pith {
namespace {

void product(char transpose_a, char transpose_b, ConstMatrixRef a, ConstMatrixRef b, MatrixRef y,
             std::size_t depth, Into into, float scale) {
  use_one_thread();
  const auto size = [](std::size_t n) { return static_cast<dnnl_dim_t>(n); };
  const float beta = into == Into::kAdd ? 1.0F : 0.0F;
  [[maybe_unused]] const dnnl_status_t status =
      dnnl_sgemm(transpose_a, transpose_b, size(y.rows), size(y.columns), size(depth), scale,
                 a.data, size(a.stride), b.data, size(b.stride), beta, y.data, size(y.stride));
  assert(status == dnnl_success);
}

}  // namespace

void multiply(ConstMatrixRef a, ConstMatrixRef b, MatrixRef y, Into into, float scale) {
  assert(a.columns == b.rows && y.rows == a.rows && y.columns == b.columns);
  product('N', 'N', a, b, y, a.columns, into, scale);
}

void multiply_transposed(ConstMatrixRef a, ConstMatrixRef b, MatrixRef y, Into into, float scale) {
  assert(a.columns == b.columns && y.rows == a.rows && y.columns == b.rows);
  product('N', 'T', a, b, y, a.columns, into, scale);
}

void transposed_multiply(ConstMatrixRef a, ConstMatrixRef b, MatrixRef y, Into into, float scale) {
  assert(a.rows == b.rows && y.rows == a.columns && y.columns == b.columns);
  product('T', 'N', a, b, y, a.rows, into, scale);
}

}  // namespace pith
