#include <Eigen/Core>
#include <cmath>

#include "stages/network/layers/attention.h"
#include "stages/network/layers/head_weights.h"
#include "stages/network/layers/matrix_product.h"

namespace pith {
namespace {

/// Columns of one head inside `parts` matrices that stand side by side in each row.
template <class Number>
auto head_columns(Number* data, std::size_t length, const AttentionShape& shape, std::size_t parts,
                  std::size_t part, std::size_t head) {
  const std::size_t width = shape.num_heads * shape.head_size;
  auto columns = matrix(data + part * width + head * shape.head_size, length, shape.head_size);
  columns.stride = parts * width;
  return columns;
}

float score_scale(const AttentionShape& shape) {
  return 1.0F / std::sqrt(static_cast<float>(shape.head_size));
}

}  // namespace

std::size_t attention_stride(std::size_t length) {
  constexpr std::size_t kLanesMax = 16;
  return (length + kLanesMax - 1) / kLanesMax * kLanesMax;
}

void attention_forward_keeping(const float* qkv, std::size_t length, const AttentionShape& shape,
                               float* weights, float* y) {
  for (std::size_t head = 0; head < shape.num_heads; ++head) {
    const MatrixRef scores = head_weights(weights, length, head);
    multiply_transposed(head_columns(qkv, length, shape, 3, 0, head),
                        head_columns(qkv, length, shape, 3, 1, head), scores, Into::kReplace);
    for (std::size_t row = 0; row < length; ++row) {
      float* numbers = scores.data + row * scores.stride;
      const float sum = softmax_exponentials(numbers, length, scores.stride, score_scale(shape));
      Eigen::Map<Eigen::ArrayXf>(numbers, static_cast<Eigen::Index>(length)) *= 1.0F / sum;
    }
    multiply(scores, head_columns(qkv, length, shape, 3, 2, head),
             head_columns(y, length, shape, 1, 0, head), Into::kReplace);
  }
}

void attention_backward(const float* dy, const float* qkv, const float* weights, std::size_t length,
                        const AttentionShape& shape, AttentionMemory& memory, float* dqkv) {
  const std::size_t stride = attention_stride(length);
  const MatrixRef dscores = {memory.scores.reserve(length * stride), length, length, stride};
  for (std::size_t head = 0; head < shape.num_heads; ++head) {
    const ConstMatrixRef softmax = head_weights(weights, length, head);
    const ConstMatrixRef doutput = head_columns(dy, length, shape, 1, 0, head);
    multiply_transposed(doutput, head_columns(qkv, length, shape, 3, 2, head), dscores,
                        Into::kReplace);
    transposed_multiply(softmax, doutput, head_columns(dqkv, length, shape, 3, 2, head),
                        Into::kReplace);
    for (std::size_t row = 0; row < length; ++row) {
      const auto size = static_cast<Eigen::Index>(length);
      const Eigen::Map<const Eigen::ArrayXf> probability(softmax.data + row * stride, size);
      Eigen::Map<Eigen::ArrayXf> gradient(dscores.data + row * stride, size);
      const float shared = (probability * gradient).sum();
      gradient = probability * (gradient - shared);
    }
    const float scale = score_scale(shape);
    multiply(dscores, head_columns(qkv, length, shape, 3, 1, head),
             head_columns(dqkv, length, shape, 3, 0, head), Into::kReplace, scale);
    transposed_multiply(dscores, head_columns(qkv, length, shape, 3, 0, head),
                        head_columns(dqkv, length, shape, 3, 1, head), Into::kReplace, scale);
  }
}

}  // namespace pith
