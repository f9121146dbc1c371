#include "stages/network/layers/linear.h"

#include <algorithm>

namespace pith {

void linear_forward(ConstMatrixRef x, ConstMatrixRef weight, const float* bias, MatrixRef y) {
  for (std::size_t row = 0; row < y.rows; ++row) {
    std::copy(bias, bias + y.columns, y.data + row * y.stride);
  }
  multiply_transposed(x, weight, y, Into::kAdd);
}

void linear_backward(ConstMatrixRef dy, ConstMatrixRef x, ConstMatrixRef weight, MatrixRef dx,
                     MatrixRef dweight, float* dbias) {
  if (dx.data != nullptr) multiply(dy, weight, dx, Into::kReplace);
  transposed_multiply(dy, x, dweight, Into::kAdd);
  for (std::size_t row = 0; row < dy.rows; ++row) {
    const float* gradient = dy.data + row * dy.stride;
    for (std::size_t column = 0; column < dy.columns; ++column) dbias[column] += gradient[column];
  }
}

}  // namespace pith
