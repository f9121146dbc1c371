#include "stages/reward/taco_rl.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "stages/network/counter_random.h"

namespace pith {
namespace {

using Verdict = LengthGate::Verdict;

TEST(LengthGate, LowerEdgeIsInsideUpperEdgeIsNot) {
  const LengthGate gate;
  EXPECT_EQ(gate.judge(400, 170), Verdict::kInside);
  EXPECT_EQ(gate.judge(400, 169), Verdict::kOutside);
  EXPECT_EQ(gate.judge(400, 229), Verdict::kInside);
  EXPECT_EQ(gate.judge(400, 230), Verdict::kOutside);
  EXPECT_EQ(gate.judge(400, 40), Verdict::kEmpty);
  EXPECT_EQ(gate.judge(400, 41), Verdict::kOutside);
}

TEST(WordsOfActions, AWordStaysWhenAllItsPiecesDo) {
  const std::vector<std::uint8_t> actions = {0, 1, 1, 1, 0, 1};
  const std::vector<std::uint32_t> word_of_piece = {4, 0, 0, 1, 1, 3};  // 4: a special
  EXPECT_EQ(words_of_actions(actions, word_of_piece, 4), (std::vector<std::uint8_t>{1, 0, 1, 1}));
}

TEST(SampleActions, HaveTheirProbabilities) {
  const std::vector<float> logits(20'000, 1.0F);
  const auto actions = sample_actions(logits, 3);
  double kept = 0;
  for (const std::uint8_t action : actions) kept += action;
  EXPECT_NEAR(kept / 20'000, 1 / (1 + std::exp(-1.0)), 0.01);
  EXPECT_EQ(actions, sample_actions(logits, 3));
  EXPECT_NE(actions, sample_actions(logits, 4));
}

TEST(TacoLoss, GradientMatchesCentralDifference) {
  std::vector<float> logits;
  std::vector<std::uint8_t> actions;
  for (std::size_t i = 0; i < 9; ++i) {
    logits.push_back(2.0F * normal_number(1, i));
    actions.push_back(i % 2);
  }
  std::vector<float> dlogits(9);
  std::vector<float> unused(9);
  for (const double advantage : {0.7, -0.1}) {
    taco_loss(logits, actions, advantage, 0.3, dlogits);
    for (std::size_t i = 0; i < 9; ++i) {
      const float before = logits[i];
      constexpr float kStep = 1e-2F;
      logits[i] = before + kStep;
      const double above = taco_loss(logits, actions, advantage, 0.3, unused);
      logits[i] = before - kStep;
      const double below = taco_loss(logits, actions, advantage, 0.3, unused);
      logits[i] = before;
      EXPECT_NEAR(dlogits[i], (above - below) / (2.0 * kStep), 1e-5);
    }
  }
}

// Goal: the expectation of the sampled gradient is the gradient of the expected reward. Method: all
// eight masks of three pieces, each with its probability.
TEST(TacoLoss, ExpectedGradientIsThatOfTheExpectedReward) {
  std::vector<float> logits = {0.4F, -0.8F, 1.1F};
  const auto reward = [](const std::vector<std::uint8_t>& actions) {
    return 0.2 + actions[0] * 0.5 - actions[1] * actions[2] * 0.7 + actions[2] * 0.1;
  };
  const auto expectation = [&](std::vector<double>* gradient) {
    double sum = 0;
    for (unsigned mask = 0; mask < 8; ++mask) {
      std::vector<std::uint8_t> actions(3);
      double chance = 1;
      for (unsigned i = 0; i < 3; ++i) {
        actions[i] = mask >> i & 1U;
        const double prob = 1 / (1 + std::exp(-static_cast<double>(logits[i])));
        chance *= actions[i] != 0 ? prob : 1 - prob;
      }
      sum += chance * reward(actions);
      if (gradient == nullptr) continue;
      std::vector<float> dlogits(3);
      taco_loss(logits, actions, reward(actions), 0.0, dlogits);
      for (std::size_t i = 0; i < 3; ++i) (*gradient)[i] -= chance * dlogits[i] * 3;
    }
    return sum;
  };
  std::vector<double> gradient(3);
  expectation(&gradient);
  for (std::size_t i = 0; i < 3; ++i) {
    const float before = logits[i];
    constexpr float kStep = 1e-2F;
    logits[i] = before + kStep;
    const double above = expectation(nullptr);
    logits[i] = before - kStep;
    const double below = expectation(nullptr);
    logits[i] = before;
    EXPECT_NEAR(gradient[i], (above - below) / (2.0 * kStep), 1e-4);
  }
}

TEST(TacoLoss, CertainWordsAreFinite) {
  const std::vector<float> logits = {1000.0F, -1000.0F};
  std::vector<float> dlogits(2);
  EXPECT_TRUE(std::isfinite(taco_loss(logits, std::vector<std::uint8_t>{0, 1}, 1.0, 0.1, dlogits)));
  EXPECT_TRUE(std::isfinite(dlogits[0]) && std::isfinite(dlogits[1]));
}

TEST(BiasBridge, MovesTheMeanToTheRate) {
  std::vector<float> logits;
  for (std::size_t i = 0; i < 1000; ++i) logits.push_back(-1.0F + 3.0F * normal_number(2, i));
  for (const double rate : {0.1, 0.5, 0.9}) {
    const double shift = bias_bridge(logits, rate);
    double mean = 0;
    for (const float logit : logits) mean += 1 / (1 + std::exp(-(logit + shift))) / 1000;
    EXPECT_NEAR(mean, rate, 1e-9);
  }
}

TEST(BiasBridge, CountsWordsThatLoseAPiece) {
  // A word of three pieces, three of one: at p all of them stay with (p^3 + 3 p) / 4.
  const std::vector<float> logits(6, 0.3F);
  const std::vector<std::uint32_t> word_of_piece = {0, 0, 0, 1, 2, 3};
  const std::vector<float> cost(4, 2.0F);
  const double shift = bias_bridge(logits, word_of_piece, cost, 0.5);
  const double p = 1.0 / (1.0 + std::exp(-(0.3 + shift)));
  EXPECT_NEAR((p * p * p + 3 * p) / 4, 0.5, 1e-6);
}

}  // namespace
}  // namespace pith
