// A linear layer, forward and backward, on plain matrices.
#pragma once

#include <cstddef>

#include "stages/network/layers/matrix_product.h"

namespace pith {

/// y = x weight^T + bias.  x [num_rows, in], weight [out, in], bias [out], y [num_rows, out].
void linear_forward(ConstMatrixRef x, ConstMatrixRef weight, const float* bias, MatrixRef y);

/// From dy = dL/dy: overwrites dx (unless its data is null), adds to dweight and dbias, so that
/// sequences of a batch accumulate.
void linear_backward(ConstMatrixRef dy, ConstMatrixRef x, ConstMatrixRef weight, MatrixRef dx,
                     MatrixRef dweight, float* dbias);

}  // namespace pith
