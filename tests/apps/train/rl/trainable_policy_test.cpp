#include "apps/train/rl/trainable_policy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "stages/network/counter_random.h"
#include "stages/score/keep_policy.h"
#include "stages/score/word_logits.h"
#include "tests/apps/train/rl/toy_task.h"

namespace pith {
namespace {

class TrainablePolicyTest : public testing::ToyTask {
 protected:
  void SetUp() override {
    ToyTask::SetUp();
    auto policy = TrainablePolicy::open(policy_);
    ASSERT_TRUE(policy) << policy.error().detail;
    trained_ = std::move(*policy);
    parameters_.assign(trained_->weights().begin(), trained_->weights().end());
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      parameters_[i] += 0.1F * normal_number(5, i);
  }

  /// Longer than the window of 64 pieces.
  static std::string long_text() {
    std::string text;
    for (std::uint64_t i = 0; i < 5; ++i) text += testing::toy_text(i).text + " ";
    return text;
  }

  std::unique_ptr<TrainablePolicy> trained_;
  std::vector<float> parameters_;
};

TEST_F(TrainablePolicyTest, GivesWordsWhatIsServed) {
  const std::string folder = dir_.file("written");
  const auto written = trained_->write(folder, parameters_);
  ASSERT_TRUE(written) << written.error().detail;
  const auto again = TrainablePolicy::open(folder);  // Weights are rounded in a file.
  ASSERT_TRUE(again) << again.error().detail;
  const auto served = open_policy(folder);
  ASSERT_TRUE(served) << served.error().detail;
  for (const std::string& each : {testing::toy_text(3).text, long_text()}) {
    const PolicyText text = (*again)->read(each, *counter_);
    EncoderTape tape;
    const auto z =
        (*again)->word_scores(text, (*again)->piece_logits((*again)->weights(), text, tape));
    std::vector<ScoreItem> batch(1);
    batch[0].text = text.text;
    batch[0].segment = &text.segment;
    ASSERT_TRUE((*served)->score(batch, {}));
    ASSERT_EQ(batch[0].keep_prob.size(), z.size());
    for (std::size_t i = 0; i < z.size(); ++i) {
      EXPECT_NEAR(keep_probability(z[i]), batch[0].keep_prob[i], 1e-5) << i;
    }
  }
}

// Goal: backward gives d(sum of weighted word scores)/d(parameters), over chunks. Method: central
// differences at parameters of every tensor.
TEST_F(TrainablePolicyTest, BackwardMatchesCentralDifference) {
  const PolicyText text = trained_->read(long_text(), *counter_);
  ASSERT_GT(text.chunks.size(), 1U);
  EncoderTape tape;
  std::vector<float> dz(text.num_words());
  for (std::size_t i = 0; i < dz.size(); ++i) dz[i] = normal_number(6, i);
  const auto value = [&](std::span<const float> parameters) {
    const auto z = trained_->word_scores(text, trained_->piece_logits(parameters, text, tape));
    double sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i) sum += static_cast<double>(dz[i]) * z[i];
    return sum;
  };
  std::vector<float> gradients(parameters_.size(), 0.0F);
  trained_->backward(parameters_, text, word_logits_backward(text.segment, dz), tape, gradients);
  for (const Parameter& tensor : trained_->layout().all()) {
    // The one that matters most.
    std::size_t at = tensor.begin;
    for (std::size_t i = tensor.begin; i < tensor.begin + tensor.size; ++i) {
      if (std::abs(gradients[i]) > std::abs(gradients[at])) at = i;
    }
    constexpr float kStep = 1e-2F;
    std::vector<float> moved = parameters_;
    moved[at] += kStep;
    const double up = value(moved);
    moved[at] -= 2 * kStep;
    const double slope = (up - value(moved)) / (2.0 * kStep);
    EXPECT_NEAR(gradients[at], slope, 2e-2 * std::abs(slope) + 2e-3) << tensor.name;
  }
}

TEST_F(TrainablePolicyTest, KeepsAsTheBudgetSays) {
  const PolicyText text = trained_->read("so Ada red the Bob blue and then", *counter_);
  ASSERT_EQ(text.num_words(), 8U);
  EXPECT_EQ(text.segment.origin_tokens, 8U);
  const std::vector<float> order = {0, 9, 8, 0, -1, 7, 0, 0};
  const KeptText kept = kept_within(text, order, 3, *counter_);
  EXPECT_EQ(kept.text, "Ada red blue");
  EXPECT_EQ(kept.tokens, 3U);
  EXPECT_EQ(kept.words, (std::vector<std::uint8_t>{0, 1, 1, 0, 0, 1, 0, 0}));
  EXPECT_EQ(kept_words(text, kept.words, *counter_).text, kept.text);
  EXPECT_EQ(tokens_at(text, 3.0), 2U);
  EXPECT_EQ(tokens_at(text, 100.0), 1U);
}

/// A linear policy of the project, moved a little.
TEST_F(TrainablePolicyTest, OfALinearPolicyWordsHaveWhatIsServed) {
  const auto opened = TrainablePolicy::open(PITH_MODELS "/pith-linear.linear");
  ASSERT_TRUE(opened) << opened.error().detail;
  const TrainablePolicy& linear = **opened;
  std::vector<float> moved(linear.weights().begin(), linear.weights().end());
  for (std::size_t i = 0; i < moved.size(); ++i) moved[i] += 0.05F * normal_number(7, i);
  moved[linear.keep_bias()] = 0.0F;
  ASSERT_TRUE(linear.write(dir_.file("linear"), moved));
  const std::string file = dir_.file("linear/policy.linear");
  const auto again = TrainablePolicy::open(file);
  const auto served = open_policy(file);
  ASSERT_TRUE(again && served);
  for (const std::string_view query : {"", "When did the keeper light the lamp?"}) {
    const PolicyText text = (*again)->read(
        "The keeper of the lighthouse lit the lamp at nine. The lamp burned oil until 1921.",
        *counter_, query);
    EncoderTape tape;
    const auto z =
        (*again)->word_scores(text, (*again)->piece_logits((*again)->weights(), text, tape));
    std::vector<ScoreItem> batch(1);
    batch[0].text = text.text;
    batch[0].segment = &text.segment;
    batch[0].query = query;
    ASSERT_TRUE((*served)->score(batch, {}));
    for (std::size_t i = 0; i < z.size(); ++i) {
      EXPECT_NEAR(keep_probability(z[i]), batch[0].keep_prob[i], 1e-5) << i;
    }
    // Linear: a step along the gradient changes the sum by the step times its length squared.
    std::vector<float> gradients(moved.size(), 0.0F);
    const std::vector<float> ones(z.size(), 1.0F);
    (*again)->backward(moved, text, ones, tape, gradients);
    const auto sum = [&](std::span<const float> parameters) {
      double total = 0;
      for (const float each : (*again)->piece_logits(parameters, text, tape)) total += each;
      return total;
    };
    double length = 0;
    std::vector<float> up = moved;
    for (std::size_t i = 0; i < up.size(); ++i) {
      up[i] += 0.125F * gradients[i];
      length += static_cast<double>(gradients[i]) * gradients[i];
    }
    EXPECT_GT(length, 0.0);
    EXPECT_NEAR(sum(up) - sum(moved), 0.125 * length, 1e-3 * length);
  }
}

TEST_F(TrainablePolicyTest, AFilesContentDecidesNotItsName) {
  const std::string linear = dir_.file("best.bin");
  std::filesystem::copy_file(PITH_MODELS "/pith-linear.linear", linear);
  const auto renamed = TrainablePolicy::open(linear);
  ASSERT_TRUE(renamed) << renamed.error().detail;
  EXPECT_EQ((*renamed)->file(), linear);

  const std::string ngram = dir_.file("ngram.linear");
  std::filesystem::copy_file(PITH_MODELS "/ngram-en.ngram", ngram);
  const auto refused = TrainablePolicy::open(ngram);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("n-gram policy"), std::string::npos)
      << refused.error().detail;
}

TEST_F(TrainablePolicyTest, WhatIsNoKeepPolicyIsRefused) {
  EXPECT_FALSE(TrainablePolicy::open(dir_.path()));
  const std::string text = dir_.file("notes.linear");
  std::ofstream(text) << "Some notes, and no policy.";
  const auto refused = TrainablePolicy::open(text);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail, text + ": magic: not a policy file");
  EXPECT_FALSE(TrainablePolicy::open(dir_.file("nothing")));
}

}  // namespace
}  // namespace pith
