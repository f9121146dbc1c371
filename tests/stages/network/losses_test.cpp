// Losses against central differences and against counting by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "stages/network/keep_loss.h"
#include "stages/network/masked_language_loss.h"
#include "tests/stages/network/seeded_numbers.h"

namespace pith {
namespace {

TEST(OrdinalLoss, IsTheSumOfBothCrossEntropies) {
  const std::vector<float> z = {0.3F, -1.0F, 2.0F};
  const std::vector<KeepLabel> labels = {0, 1, 2};
  std::vector<float> dz(3);
  float dgap = 0;
  const auto sigmoid = [](double x) { return 1.0 / (1.0 + std::exp(-x)); };
  const double expected = -std::log(1 - sigmoid(0.3)) - std::log(1 - sigmoid(0.3 - 1.5)) -
                          std::log(sigmoid(-1.0)) - std::log(1 - sigmoid(-1.0 - 1.5)) -
                          std::log(sigmoid(2.0)) - std::log(sigmoid(2.0 - 1.5));
  EXPECT_NEAR(ordinal_loss(z, labels, 1.5F, dz, &dgap), expected, 1e-6);
}

TEST(OrdinalLoss, GradientMatchesCentralDifference) {
  std::vector<float> z = seeded_numbers(20, 2.0F, 1);
  std::vector<KeepLabel> labels(20);
  for (std::size_t i = 0; i < 20; ++i) labels[i] = static_cast<KeepLabel>(i % 3);
  std::vector<float> dz(20);
  std::vector<float> unused(20);
  float dgap = 0;
  float ignored = 0;
  ordinal_loss(z, labels, 1.5F, dz, &dgap);
  constexpr float kStep = 1e-3F;
  for (std::size_t i = 0; i < 20; ++i) {
    const float before = z[i];
    z[i] = before + kStep;
    const double above = ordinal_loss(z, labels, 1.5F, unused, &ignored);
    z[i] = before - kStep;
    const double below = ordinal_loss(z, labels, 1.5F, unused, &ignored);
    z[i] = before;
    EXPECT_NEAR(dz[i], (above - below) / (2 * kStep), 1e-3);
  }
  const double above = ordinal_loss(z, labels, 1.5F + kStep, unused, &ignored);
  const double below = ordinal_loss(z, labels, 1.5F - kStep, unused, &ignored);
  EXPECT_NEAR(dgap, (above - below) / (2 * kStep), 1e-2);
}

TEST(BinaryLoss, KnowsOnlyKeepAndDrop) {
  const std::vector<float> z = {1000.0F, -1000.0F, 0.0F};
  std::vector<float> dz(3);
  EXPECT_NEAR(binary_loss(z, std::vector<KeepLabel>{2, 0, 1}, dz), std::log(2.0), 1e-6);
  EXPECT_NEAR(dz[2], -0.5F, 1e-6F);
  EXPECT_NEAR(binary_loss(z, std::vector<KeepLabel>{0, 1, 1}, dz), 2000 + std::log(2.0), 1e-3);
}

TEST(MeanOverWords, WordsGetTheMeanOfTheirPiecesAndGiveItBack) {
  const std::vector<float> logits = {9, 9, 0, 1, 1, 4, 2, 2, 9, 9};  // [5, 2]
  const std::vector<std::uint32_t> word_of_piece = {3, 0, 0, 2, 3};  // 3: none
  std::vector<float> z(3);
  mean_over_words(logits, word_of_piece, z);
  EXPECT_EQ(z, (std::vector<float>{2.0F, 0.0F, 0.0F}));
  std::vector<float> dlogits(10, 7.0F);
  mean_over_words_backward(std::vector<float>{4.0F, 5.0F, 6.0F}, word_of_piece, dlogits);
  EXPECT_EQ(dlogits, (std::vector<float>{0, 0, -2, 2, -2, 2, -6, 6, 0, 0}));
}

TEST(MaskText, ChoosesAboutAnEighthAndNeverTheEnds) {
  std::vector<std::int32_t> ids(10'000);
  std::iota(ids.begin(), ids.end(), 4);
  const MaskedText text = mask_text(ids, 20'000, 4, 20'000, 5);
  EXPECT_EQ(text.ids, mask_text(ids, 20'000, 4, 20'000, 5).ids);
  EXPECT_NE(text.ids, mask_text(ids, 20'000, 4, 20'000, 6).ids);
  EXPECT_NEAR(static_cast<double>(text.places.size()) / 10'000, 0.15, 0.02);
  EXPECT_EQ(text.ids.front(), ids.front());
  EXPECT_EQ(text.ids.back(), ids.back());
  std::size_t hidden = 0;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < text.places.size(); ++i) {
    EXPECT_EQ(text.originals[i], ids[text.places[i]]);
    hidden += text.ids[text.places[i]] == 20'000 ? 1U : 0U;
    kept += text.ids[text.places[i]] == text.originals[i] ? 1U : 0U;
  }
  const auto chosen = static_cast<double>(text.places.size());
  EXPECT_NEAR(static_cast<double>(hidden) / chosen, 0.8, 0.04);
  EXPECT_NEAR(static_cast<double>(kept) / chosen, 0.1, 0.04);
}

TEST(MaskedLanguageLoss, GradientMatchesCentralDifference) {
  const std::size_t width = 6;
  const std::size_t vocab_size = 11;
  std::vector<float> hidden = seeded_numbers(4 * width, 1.0F, 1);
  std::vector<float> table = seeded_numbers(vocab_size * width, 1.0F, 2);
  const MaskedText text = {{1, 2, 3, 4}, {1, 3}, {7, 10}};
  MaskedLanguageMemory memory;
  std::vector<float> dhidden(hidden.size());
  std::vector<float> dtable(table.size());
  std::vector<float> unused_hidden(hidden.size());
  std::vector<float> unused_table(table.size());
  const auto loss = [&] {
    return masked_language_loss(hidden.data(), 4, width, text, table, memory, unused_hidden.data(),
                                unused_table);
  };
  masked_language_loss(hidden.data(), 4, width, text, table, memory, dhidden.data(), dtable);
  constexpr float kStep = 1e-2F;
  const auto check = [&](std::vector<float>& variable, const std::vector<float>& gradient) {
    for (std::size_t i = 0; i < variable.size(); ++i) {
      const float before = variable[i];
      variable[i] = before + kStep;
      const double above = loss();
      variable[i] = before - kStep;
      const double below = loss();
      variable[i] = before;
      EXPECT_NEAR(gradient[i], (above - below) / (2 * kStep), 2e-3) << i;
    }
  };
  check(hidden, dhidden);
  check(table, dtable);
}

}  // namespace
}  // namespace pith
