#include "stages/network/masked_language_loss.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "stages/network/counter_random.h"
#include "stages/network/layers/attention.h"
#include "stages/network/layers/matrix_product.h"

namespace pith {

MaskedText mask_text(std::span<const std::int32_t> ids, std::int32_t mask_id, std::int32_t first_id,
                     std::int32_t vocab_size, std::uint64_t seed) {
  constexpr double kChosen = 0.15;
  MaskedText text;
  text.ids.assign(ids.begin(), ids.end());
  for (std::size_t i = 1; i + 1 < ids.size(); ++i) {
    if (uniform_number(seed, 3 * i) >= kChosen) continue;
    text.places.push_back(static_cast<std::uint32_t>(i));
    text.originals.push_back(ids[i]);
    const double what = uniform_number(seed, 3 * i + 1);
    if (what < 0.8) {
      text.ids[i] = mask_id;
    } else if (what < 0.9) {
      const auto range = static_cast<std::uint64_t>(vocab_size - first_id);
      text.ids[i] = first_id + static_cast<std::int32_t>(random_bits(seed, 3 * i + 2) % range);
    }
  }
  return text;
}

double masked_language_loss(const float* hidden, std::size_t length, std::size_t width,
                            const MaskedText& text, std::span<const float> table,
                            MaskedLanguageMemory& memory, float* dhidden, std::span<float> dtable) {
  std::fill(dhidden, dhidden + length * width, 0.0F);
  const std::size_t num_guesses = text.places.size();
  if (num_guesses == 0) return 0;
  const std::size_t vocab_size = table.size() / width;
  const std::size_t stride = attention_stride(vocab_size);
  float* chosen = memory.hidden.reserve(num_guesses * width);
  float* dchosen = memory.dhidden.reserve(num_guesses * width);
  const MatrixRef logits = {memory.logits.reserve(num_guesses * stride), num_guesses, vocab_size,
                            stride};
  for (std::size_t i = 0; i < num_guesses; ++i) {
    std::copy_n(hidden + text.places[i] * width, width, chosen + i * width);
  }
  const ConstMatrixRef inputs = matrix(static_cast<const float*>(chosen), num_guesses, width);
  const ConstMatrixRef words = matrix(table.data(), vocab_size, width);
  multiply_transposed(inputs, words, logits, Into::kReplace);
  double loss = 0;
  for (std::size_t i = 0; i < num_guesses; ++i) {
    float* row = logits.data + i * stride;
    const auto original = static_cast<std::size_t>(text.originals[i]);
    const float sum = softmax_exponentials(row, vocab_size, stride, 1.0F);
    loss -= std::log(std::max(1e-30, static_cast<double>(row[original]) / sum));
    Eigen::Map<Eigen::ArrayXf>(row, static_cast<Eigen::Index>(vocab_size)) *= 1.0F / sum;
    row[original] -= 1.0F;
  }
  multiply(logits, words, matrix(dchosen, num_guesses, width), Into::kReplace);
  transposed_multiply(logits, inputs, matrix(dtable.data(), vocab_size, width), Into::kAdd);
  for (std::size_t i = 0; i < num_guesses; ++i) {
    std::copy_n(dchosen + i * width, width, dhidden + text.places[i] * width);
  }
  return loss;
}

}  // namespace pith
