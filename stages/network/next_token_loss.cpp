#include "stages/network/next_token_loss.h"

#include <Eigen/Core>
#include <algorithm>
#include <cassert>
#include <cmath>

#include "stages/network/layers/attention.h"
#include "stages/network/layers/matrix_product.h"

namespace pith {
namespace {

/// Rows whose logits are worked out together: memory stays small with a large vocabulary.
constexpr std::size_t kRowsTogether = 64;

/// Losses of rows first .. first + count - 1 of `tokens`; their logits become dL/dlogits.
double block_loss(const float* hidden, std::size_t width, const NextTokens& tokens,
                  std::size_t first, std::size_t count, std::span<const float> head,
                  NextTokenMemory& memory) {
  const std::size_t vocab_size = head.size() / width;
  const std::size_t stride = attention_stride(vocab_size);
  float* chosen = memory.hidden.reserve(kRowsTogether * width);
  const MatrixRef logits = {memory.logits.reserve(kRowsTogether * stride), count, vocab_size,
                            stride};
  for (std::size_t i = 0; i < count; ++i) {
    std::copy_n(hidden + tokens.rows[first + i] * width, width, chosen + i * width);
  }
  multiply_transposed(matrix(static_cast<const float*>(chosen), count, width),
                      matrix(head.data(), vocab_size, width), logits, Into::kReplace);
  double loss = 0;
  for (std::size_t i = 0; i < count; ++i) {
    float* row = logits.data + i * stride;
    const auto target = static_cast<std::size_t>(tokens.targets[first + i]);
    const float weight = tokens.weights.empty() ? 1.0F : tokens.weights[first + i];
    // From the logits themselves: the exponentials of what is very unlikely are cut off.
    const Eigen::Map<Eigen::ArrayXf> numbers(row, static_cast<Eigen::Index>(vocab_size));
    const float above = numbers.maxCoeff() - row[target];
    const float sum = softmax_exponentials(row, vocab_size, stride, 1.0F);
    loss += weight * (static_cast<double>(above) + std::log(static_cast<double>(sum)));
    Eigen::Map<Eigen::ArrayXf>(row, static_cast<Eigen::Index>(vocab_size)) *= weight / sum;
    row[target] -= weight;
  }
  return loss;
}

}  // namespace

double next_token_loss(const float* hidden, std::size_t length, std::size_t width,
                       const NextTokens& tokens, std::span<const float> head,
                       NextTokenMemory& memory, float* dhidden, std::span<float> dhead) {
  assert(tokens.rows.size() == tokens.targets.size());
  std::fill(dhidden, dhidden + length * width, 0.0F);
  const std::size_t vocab_size = head.size() / width;
  const std::size_t stride = attention_stride(vocab_size);
  double loss = 0;
  for (std::size_t first = 0; first < tokens.rows.size(); first += kRowsTogether) {
    const std::size_t count = std::min(kRowsTogether, tokens.rows.size() - first);
    loss += block_loss(hidden, width, tokens, first, count, head, memory);
    const ConstMatrixRef dlogits = {memory.logits.data(), count, vocab_size, stride};
    float* dchosen = memory.dhidden.reserve(kRowsTogether * width);
    multiply(dlogits, matrix(head.data(), vocab_size, width), matrix(dchosen, count, width),
             Into::kReplace);
    transposed_multiply(dlogits,
                        matrix(static_cast<const float*>(memory.hidden.data()), count, width),
                        matrix(dhead.data(), vocab_size, width), Into::kAdd);
    for (std::size_t i = 0; i < count; ++i) {
      std::copy_n(dchosen + i * width, width, dhidden + tokens.rows[first + i] * width);
    }
  }
  return loss;
}

double next_token_loss(const float* hidden, std::size_t width, const NextTokens& tokens,
                       std::span<const float> head, NextTokenMemory& memory) {
  double loss = 0;
  for (std::size_t first = 0; first < tokens.rows.size(); first += kRowsTogether) {
    const std::size_t count = std::min(kRowsTogether, tokens.rows.size() - first);
    loss += block_loss(hidden, width, tokens, first, count, head, memory);
  }
  return loss;
}

}  // namespace pith
