#include "apps/train/copy_loss.h"

#include <Eigen/Core>
#include <algorithm>
#include <cassert>
#include <cmath>

#include "stages/network/layers/attention.h"
#include "stages/network/layers/matrix_product.h"

namespace pith {
namespace {

constexpr std::size_t kRowsTogether = 64;

/// Of one token, whose logits become dL/dlogits. logits [padded], aligned.
double row_loss(const SummaryPieces& pieces, std::span<const CopyHint> hints, std::int32_t target,
                float weight, std::span<float> logits) {
  const auto vocab_size = static_cast<std::size_t>(pieces.vocab_size());
  apply_hints(pieces, hints, logits.first(vocab_size));
  const Eigen::Map<const Eigen::ArrayXf> numbers(logits.data(),
                                                 static_cast<Eigen::Index>(vocab_size));
  const auto place = static_cast<std::size_t>(target);
  const float above = numbers.maxCoeff() - logits[place];
  const float sum = softmax_exponentials(logits.data(), vocab_size, logits.size(), 1.0F);
  Eigen::Map<Eigen::ArrayXf>(logits.data(), static_cast<Eigen::Index>(vocab_size)) *= weight / sum;
  logits[place] -= weight;
  const auto gates = logits.subspan(static_cast<std::size_t>(pieces.num_pieces()));
  std::fill(gates.begin(), gates.end(), 0.0F);
  const auto first_gate = static_cast<std::size_t>(pieces.first_gate());
  for (const CopyHint& hint : hints) {
    logits[first_gate + static_cast<std::size_t>(hint.reason)] +=
        logits[static_cast<std::size_t>(hint.id)];
  }
  return weight * (static_cast<double>(above) + std::log(static_cast<double>(sum)));
}

}  // namespace

double copy_loss(const SummaryPieces& pieces, const float* hidden, std::size_t length,
                 std::size_t width, const NextTokens& tokens,
                 std::span<const std::vector<CopyHint>> hints, std::span<const float> head,
                 NextTokenMemory& memory, float* dhidden, std::span<float> dhead) {
  assert(tokens.rows.size() == tokens.targets.size() && tokens.rows.size() == hints.size());
  std::fill(dhidden, dhidden + length * width, 0.0F);
  const auto vocab_size = static_cast<std::size_t>(pieces.vocab_size());
  const std::size_t stride = attention_stride(vocab_size);
  double loss = 0;
  for (std::size_t first = 0; first < tokens.rows.size(); first += kRowsTogether) {
    const std::size_t count = std::min(kRowsTogether, tokens.rows.size() - first);
    float* chosen = memory.hidden.reserve(kRowsTogether * width);
    float* dchosen = memory.dhidden.reserve(kRowsTogether * width);
    const MatrixRef logits = {memory.logits.reserve(kRowsTogether * stride), count, vocab_size,
                              stride};
    for (std::size_t i = 0; i < count; ++i) {
      std::copy_n(hidden + tokens.rows[first + i] * width, width, chosen + i * width);
    }
    const ConstMatrixRef inputs = matrix(static_cast<const float*>(chosen), count, width);
    multiply_transposed(inputs, matrix(head.data(), vocab_size, width), logits, Into::kReplace);
    for (std::size_t i = 0; i < count; ++i) {
      loss += row_loss(pieces, hints[first + i], tokens.targets[first + i],
                       tokens.weights.empty() ? 1.0F : tokens.weights[first + i],
                       {logits.data + i * stride, stride});
    }
    multiply(logits, matrix(head.data(), vocab_size, width), matrix(dchosen, count, width),
             Into::kReplace);
    transposed_multiply(logits, inputs, matrix(dhead.data(), vocab_size, width), Into::kAdd);
    for (std::size_t i = 0; i < count; ++i) {
      std::copy_n(dchosen + i * width, width, dhidden + tokens.rows[first + i] * width);
    }
  }
  return loss;
}

}  // namespace pith
