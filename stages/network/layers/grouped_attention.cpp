#include "stages/network/layers/grouped_attention.h"

#include <Eigen/Core>
#include <cmath>

#include "stages/network/layers/head_weights.h"
#include "stages/network/layers/matrix_product.h"

namespace pith {
namespace {

/// Columns of one head in rows of `width` numbers, `before` heads in front of it.
template <class Number>
auto head_columns(Number* data, std::size_t length, const GroupedHeads& heads, std::size_t width,
                  std::size_t before) {
  auto columns = matrix(data + before * heads.head_size, length, heads.head_size);
  columns.stride = width;
  return columns;
}

std::size_t row_size(const GroupedHeads& heads) {
  return (heads.num_heads + 2 * heads.num_kv_heads) * heads.head_size;
}

float score_scale(const GroupedHeads& heads) {
  return 1.0F / std::sqrt(static_cast<float>(heads.head_size));
}

/// Scores of row `row` become its softmax; `visible` is its row or null.
void softmax_row(float* numbers, std::size_t row, std::size_t stride, const std::uint8_t* visible,
                 float scale) {
  constexpr float kHidden = -1e30F;
  for (std::size_t i = 0; visible != nullptr && i < row; ++i) {
    if (visible[i] == 0) numbers[i] = kHidden;
  }
  const float sum = softmax_exponentials(numbers, row + 1, stride, scale);
  Eigen::Map<Eigen::ArrayXf>(numbers, static_cast<Eigen::Index>(row + 1)) *= 1.0F / sum;
  // The exponential stops at e^-86: what is hidden is 0 and has no gradient.
  for (std::size_t i = 0; visible != nullptr && i < row; ++i) {
    if (visible[i] == 0) numbers[i] = 0.0F;
  }
}

}  // namespace

void grouped_attention_forward_keeping(const float* qkv, std::size_t length,
                                       const GroupedHeads& heads, const std::uint8_t* visible,
                                       float* weights, float* y) {
  const std::size_t width = row_size(heads);
  for (std::size_t head = 0; head < heads.num_heads; ++head) {
    const std::size_t kv_head = heads.num_heads + head / heads.group();
    const MatrixRef scores = head_weights(weights, length, head);
    multiply_transposed(head_columns(qkv, length, heads, width, head),
                        head_columns(qkv, length, heads, width, kv_head), scores, Into::kReplace);
    for (std::size_t row = 0; row < length; ++row) {
      softmax_row(scores.data + row * scores.stride, row, scores.stride,
                  visible != nullptr ? visible + row * length : nullptr, score_scale(heads));
    }
    multiply(scores, head_columns(qkv, length, heads, width, kv_head + heads.num_kv_heads),
             head_columns(y, length, heads, heads.num_heads * heads.head_size, head),
             Into::kReplace);
  }
}

void grouped_attention_backward(const float* dy, const float* qkv, const float* weights,
                                std::size_t length, const GroupedHeads& heads,
                                AttentionMemory& memory, float* dqkv) {
  const std::size_t width = row_size(heads);
  const std::size_t stride = attention_stride(length);
  const float scale = score_scale(heads);
  const MatrixRef dscores = {memory.scores.reserve(length * stride), length, length, stride};
  for (std::size_t head = 0; head < heads.num_heads; ++head) {
    const std::size_t kv_head = heads.num_heads + head / heads.group();
    const std::size_t value_head = kv_head + heads.num_kv_heads;
    const Into into = head % heads.group() == 0 ? Into::kReplace : Into::kAdd;
    const ConstMatrixRef softmax = head_weights(weights, length, head);
    const ConstMatrixRef doutput =
        head_columns(dy, length, heads, heads.num_heads * heads.head_size, head);
    multiply_transposed(doutput, head_columns(qkv, length, heads, width, value_head), dscores,
                        Into::kReplace);
    transposed_multiply(softmax, doutput, head_columns(dqkv, length, heads, width, value_head),
                        into);
    for (std::size_t row = 0; row < length; ++row) {
      const auto size = static_cast<Eigen::Index>(length);
      const Eigen::Map<const Eigen::ArrayXf> probability(softmax.data + row * stride, size);
      Eigen::Map<Eigen::ArrayXf> gradient(dscores.data + row * stride, size);
      const float shared = (probability * gradient).sum();
      gradient = probability * (gradient - shared);
    }
    multiply(dscores, head_columns(qkv, length, heads, width, kv_head),
             head_columns(dqkv, length, heads, width, head), Into::kReplace, scale);
    transposed_multiply(dscores, head_columns(qkv, length, heads, width, head),
                        head_columns(dqkv, length, heads, width, kv_head), into, scale);
  }
}

}  // namespace pith
