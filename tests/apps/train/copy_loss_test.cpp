// The gradient through hints and gates, by differences; the loss, by hand.
#include "apps/train/copy_loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "stages/network/counter_random.h"
#include "tests/apps/reader/summary_vocabulary.h"

namespace pith {
namespace {

constexpr std::size_t kWidth = 8;
constexpr std::size_t kLength = 5;

class CopyLoss : public testing::SummaryVocabulary {
 protected:
  void SetUp() override {
    const auto size = static_cast<std::size_t>(pieces_->vocab_size()) * kWidth;
    for (std::size_t i = 0; i < size; ++i) head_.push_back(0.3F * normal_number(1, i));
    for (std::size_t i = 0; i < kLength * kWidth; ++i) hidden_.push_back(normal_number(2, i));
    const CopyHints hints(*pieces_, text_);
    hints_.resize(targets_.size());
    for (std::size_t i = 1; i < targets_.size(); ++i) {  // The first has none: a piece of the text.
      hints.next(std::span(written_).first(i), hints_[i]);
    }
  }

  double loss(std::vector<float>* dhidden = nullptr, std::vector<float>* dhead = nullptr) const {
    std::vector<float> hidden_gradient(hidden_.size(), 99.0F);
    std::vector<float> head_gradient(head_.size(), 0.0F);
    NextTokenMemory memory;
    const double sum =
        copy_loss(*pieces_, hidden_.data(), kLength, kWidth, {rows_, targets_, weights_}, hints_,
                  head_, memory, hidden_gradient.data(), head_gradient);
    if (dhidden != nullptr) *dhidden = hidden_gradient;
    if (dhead != nullptr) *dhead = head_gradient;
    return sum;
  }

  /// The same in doubles, one number after the other.
  double slow_loss() const {
    double sum = 0;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      std::vector<double> logits(static_cast<std::size_t>(pieces_->vocab_size()));
      for (std::size_t id = 0; id < logits.size(); ++id) {
        for (std::size_t k = 0; k < kWidth; ++k) {
          logits[id] += static_cast<double>(hidden_[rows_[row] * kWidth + k]) *
                        static_cast<double>(head_[id * kWidth + k]);
        }
      }
      for (const CopyHint& hint : hints_[row]) {
        logits[static_cast<std::size_t>(hint.id)] +=
            logits[static_cast<std::size_t>(pieces_->first_gate()) +
                   static_cast<std::size_t>(hint.reason)];
      }
      double total = 0;
      for (std::int32_t id = 0; id < pieces_->num_pieces(); ++id) {
        total += std::exp(logits[static_cast<std::size_t>(id)]);
      }
      sum += static_cast<double>(weights_[row]) *
             (std::log(total) - logits[static_cast<std::size_t>(targets_[row])]);
    }
    return sum;
  }

  const std::vector<std::int32_t> text_ = {20, 21, 22, 20, 23};
  const std::vector<std::int32_t> written_ = {20, 21, 20, 21};
  const std::vector<std::uint32_t> rows_ = {0, 2, 3, 4};
  const std::vector<std::int32_t> targets_ = {21, 21, 23, 2};
  const std::vector<float> weights_ = {0.5F, 1.0F, 2.0F, 1.0F};
  std::vector<std::vector<CopyHint>> hints_;
  std::vector<float> hidden_, head_;
};

TEST_F(CopyLoss, IsTheCrossEntropyOfTheAdjustedLogits) { EXPECT_NEAR(loss(), slow_loss(), 1e-4); }

TEST_F(CopyLoss, GradientsMatchCentralDifferences) {
  std::vector<float> dhidden;
  std::vector<float> dhead;
  loss(&dhidden, &dhead);
  const auto difference = [&](float& number) {
    const float before = number;
    number = before + 1e-3F;
    const double above = slow_loss();
    number = before - 1e-3F;
    const double below = slow_loss();
    number = before;
    return (above - below) / 2e-3;
  };
  for (std::size_t i = 0; i < hidden_.size(); ++i) {
    EXPECT_NEAR(dhidden[i], difference(hidden_[i]), 2e-3) << i;
  }
  // Every gate and mark, and some pieces.
  double gates = 0;
  for (std::int32_t id = 18; id < pieces_->vocab_size(); ++id) {
    if (id == 26) id = pieces_->num_pieces();
    for (std::size_t k = 0; k < kWidth; ++k) {
      const std::size_t place = static_cast<std::size_t>(id) * kWidth + k;
      EXPECT_NEAR(dhead[place], difference(head_[place]), 2e-3) << id;
      if (id >= pieces_->first_gate()) gates += std::abs(static_cast<double>(dhead[place]));
    }
  }
  EXPECT_GT(gates, 0.1);
}

}  // namespace
}  // namespace pith
