#include "stages/network/keep_loss.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace pith {
namespace {

float sigmoid(float z) { return 1.0F / (1.0F + std::exp(-z)); }

/// -log sigmoid(z) when `positive`, else -log(1 - sigmoid(z)).
double cross_entropy(float z, bool positive) {
  const double x = positive ? -z : z;
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

std::vector<float> pieces_of_words(std::span<const std::uint32_t> word_of_piece,
                                   std::size_t num_words) {
  std::vector<float> count(num_words);
  for (const std::uint32_t word : word_of_piece) {
    if (word < num_words) count[word] += 1.0F;
  }
  return count;
}

}  // namespace

double ordinal_loss(std::span<const float> z, std::span<const KeepLabel> labels, float gap,
                    std::span<float> dz, float* dgap) {
  double loss = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    const bool keep = labels[i] >= 1;
    const bool core = labels[i] >= 2;
    loss += cross_entropy(z[i], keep) + cross_entropy(z[i] - gap, core);
    const float core_error = sigmoid(z[i] - gap) - (core ? 1.0F : 0.0F);
    dz[i] = sigmoid(z[i]) - (keep ? 1.0F : 0.0F) + core_error;
    *dgap -= core_error;
  }
  return loss;
}

double binary_loss(std::span<const float> z, std::span<const KeepLabel> labels,
                   std::span<float> dz) {
  double loss = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    const bool keep = labels[i] >= 1;
    loss += cross_entropy(z[i], keep);
    dz[i] = sigmoid(z[i]) - (keep ? 1.0F : 0.0F);
  }
  return loss;
}

void mean_over_words(std::span<const float> logits, std::span<const std::uint32_t> word_of_piece,
                     std::span<float> z) {
  std::fill(z.begin(), z.end(), 0.0F);
  const std::vector<float> count = pieces_of_words(word_of_piece, z.size());
  for (std::size_t i = 0; i < word_of_piece.size(); ++i) {
    const std::uint32_t word = word_of_piece[i];
    if (word < z.size()) z[word] += (logits[2 * i + 1] - logits[2 * i]) / count[word];
  }
}

void mean_over_words_backward(std::span<const float> dz,
                              std::span<const std::uint32_t> word_of_piece,
                              std::span<float> dlogits) {
  const std::vector<float> count = pieces_of_words(word_of_piece, dz.size());
  for (std::size_t i = 0; i < word_of_piece.size(); ++i) {
    const std::uint32_t word = word_of_piece[i];
    const float slope = word < dz.size() ? dz[word] / count[word] : 0.0F;
    dlogits[2 * i] = -slope;
    dlogits[2 * i + 1] = slope;
  }
}

}  // namespace pith
