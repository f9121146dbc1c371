#include "stages/network/trainable_decoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "stages/network/decoder.h"
#include "stages/network/next_token_loss.h"
#include "tests/stages/network/seeded_numbers.h"

namespace pith {
namespace {

DecoderConfig small_config(bool tied) {
  DecoderConfig config;
  config.vocab_size = 21;
  config.hidden_size = 18;
  config.num_layers = 2;
  config.num_heads = 4;
  config.num_kv_heads = 2;
  config.head_size = 6;
  config.intermediate_size = 23;
  config.max_positions = 100;
  config.rms_norm_eps = 1e-5F;
  config.rope_theta = 100.0F;
  config.tied_head = tied;
  return config;
}

/// Gains away from 1, so that their place in the formulas shows.
std::vector<float> seeded_parameters(const TrainableDecoder& decoder) {
  std::vector<float> parameters(decoder.layout().size());
  initialize_parameters(decoder.layout(), 0.3F, 1, parameters);
  for (const Parameter& parameter : decoder.layout().all()) {
    if (parameter.decays) continue;
    const auto numbers = seeded_numbers(parameter.size, 0.2F, parameter.begin);
    for (std::size_t i = 0; i < parameter.size; ++i) {
      EXPECT_EQ(parameters[parameter.begin + i], 1.0F) << parameter.name;
      parameters[parameter.begin + i] += numbers[i];
    }
  }
  return parameters;
}

const std::vector<std::int32_t> kIds = {3, 7, 7, 1, 19, 4, 0, 11, 20};
const std::vector<std::int32_t> kPositions = {0, 1, 2, 3, 10, 11, 12, 40, 41};
const std::vector<std::uint32_t> kRows = {1, 2, 5, 7, 8};
const std::vector<std::int32_t> kTargets = {7, 1, 0, 20, 2};
const std::vector<float> kWeights = {1.0F, 0.5F, -1.0F, 2.0F, 1.0F};
const NextTokens kTokens = {kRows, kTargets, kWeights};

bool sees_but_some(std::size_t row, std::size_t slot) { return row < 4 || slot % 3 != 1; }

struct Case {
  const char* name;
  bool tied;
  TrainableDecoder::Sees sees;
  float dropout_rate;
};

class TrainableDecoderLoss : public testing::TestWithParam<Case> {
 protected:
  TrainableDecoderLoss() : decoder_(small_config(GetParam().tied)) {}

  std::span<const float> head(std::span<const float> parameters) const {
    return parameters.subspan(decoder_.head(), 21U * 18U);
  }
  double loss(std::span<const float> parameters) {
    const float* hidden = decoder_.forward(parameters, kIds, kPositions, GetParam().sees,
                                           GetParam().dropout_rate, 99, tape_);
    return next_token_loss(hidden, 18, kTokens, head(parameters), memory_);
  }
  double backward(std::span<const float> parameters, std::span<float> gradients) {
    const float* hidden = decoder_.forward(parameters, kIds, kPositions, GetParam().sees,
                                           GetParam().dropout_rate, 99, tape_);
    std::vector<float> dhidden(kIds.size() * 18);
    const double loss =
        next_token_loss(hidden, kIds.size(), 18, kTokens, head(parameters), memory_, dhidden.data(),
                        gradients.subspan(decoder_.head(), 21U * 18U));
    decoder_.backward(parameters, dhidden.data(), tape_, gradients);
    return loss;
  }

  TrainableDecoder decoder_;
  DecoderTape tape_;
  NextTokenMemory memory_;
};

// Goal: every tensor's gradient is dL/dtensor. Method: the slope of L along a random direction in
// that tensor, by central difference, beside the gradient's part in that direction.
TEST_P(TrainableDecoderLoss, GradientOfEveryTensorMatchesCentralDifference) {
  std::vector<float> parameters = seeded_parameters(decoder_);
  std::vector<float> gradients(parameters.size());
  EXPECT_NEAR(backward(parameters, gradients), loss(parameters), 1e-6);
  std::size_t checked = 0;
  for (const Parameter& parameter : decoder_.layout().all()) {
    SCOPED_TRACE(parameter.name);
    for (const std::uint64_t seed : {11U, 12U, 13U}) {
      auto direction = seeded_numbers(parameter.size, 1.0F, seed);
      const std::vector<float> before = parameters;
      constexpr float kStep = 5e-4F;
      const auto move = [&](float by) {
        for (std::size_t i = 0; i < parameter.size; ++i) {
          parameters[parameter.begin + i] = before[parameter.begin + i] + by * direction[i];
        }
        return loss(parameters);
      };
      const double above = move(kStep);
      const double below = move(-kStep);
      parameters = before;
      double slope = 0;
      double norm = 0;
      for (std::size_t i = 0; i < parameter.size; ++i) {
        const double gradient = gradients[parameter.begin + i];
        slope += gradient * direction[i];
        norm += gradient * gradient;
      }
      EXPECT_GT(norm, 1e-6);
      EXPECT_NEAR((above - below) / (2.0 * kStep), slope, 0.01 * (std::sqrt(norm) + 0.05));
    }
    ++checked;
  }
  EXPECT_EQ(checked, (GetParam().tied ? 2U : 3U) + 2U * 9U);
}

TEST_P(TrainableDecoderLoss, BackwardAddsToTheGradients) {
  const std::vector<float> parameters = seeded_parameters(decoder_);
  std::vector<float> once(parameters.size());
  std::vector<float> twice(parameters.size());
  (void)backward(parameters, once);
  (void)backward(parameters, twice);
  (void)backward(parameters, twice);
  for (std::size_t i = 0; i < once.size(); ++i) ASSERT_NEAR(twice[i], 2.0F * once[i], 1e-4F);
}

// The two decoders are one function: the trained weights mean the same where they serve.
TEST_P(TrainableDecoderLoss, AgreesWithTheServingDecoder) {
  const std::vector<float> parameters = seeded_parameters(decoder_);
  const auto serving = Decoder::from_parameters(decoder_.config(), decoder_.layout(), parameters);
  ASSERT_TRUE(serving) << serving.error().detail;
  DecoderCache cache(decoder_.config());
  DecoderMemory memory;
  const DecoderInput input = {&cache, kIds, kPositions, 0, GetParam().sees};
  const auto logits = (*serving)->forward({&input, 1}, memory);
  ASSERT_TRUE(logits);
  const float* hidden =
      decoder_.forward(parameters, kIds, kPositions, GetParam().sees, 0.0F, 0, tape_);
  for (std::size_t i = 0; i < kIds.size(); ++i) {
    for (std::size_t word = 0; word < 21; ++word) {
      double sum = 0;
      for (std::size_t k = 0; k < 18; ++k) {
        sum += static_cast<double>(hidden[i * 18 + k]) * head(parameters)[word * 18 + k];
      }
      ASSERT_NEAR(sum, (*logits)[i * 21 + word], 1e-5);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, TrainableDecoderLoss,
                         testing::Values(Case{"Untied", false, {}, 0.0F},
                                         Case{"Tied", true, {}, 0.0F},
                                         Case{"Masked", false, sees_but_some, 0.0F},
                                         Case{"Dropout", true, {}, 0.2F}),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(NextTokenLoss, IsTheCrossEntropyHoweverUnlikelyTheToken) {
  const std::vector<float> head = {0.0F, 200.0F, 1.0F};  // [3, 1]
  const std::vector<float> hidden = {1.0F, -1.0F};
  const std::vector<std::uint32_t> rows = {0, 1};
  const std::vector<std::int32_t> targets = {0, 1};
  NextTokenMemory memory;
  // Row 0: logits 0, 200, 1, target 0. Row 1: logits 0, -200, -1, target 1.
  const double expected = 200.0 + 200.0 + std::log1p(std::exp(-1.0));
  EXPECT_NEAR(next_token_loss(hidden.data(), 1, {rows, targets, {}}, head, memory), expected, 1e-4);
}

// More rows than are taken together at a time.
TEST(NextTokenLoss, BlocksOfRowsAddUp) {
  constexpr std::size_t kLength = 200;
  const auto head = seeded_numbers(21U * 5U, 1.0F, 1);
  const auto hidden = seeded_numbers(kLength * 5, 1.0F, 2);
  std::vector<std::uint32_t> rows(kLength);
  std::iota(rows.begin(), rows.end(), 0U);
  std::vector<std::int32_t> targets(kLength);
  for (std::size_t i = 0; i < kLength; ++i) targets[i] = static_cast<std::int32_t>(i * 5 % 21);
  NextTokenMemory memory;
  std::vector<float> dhidden(hidden.size());
  std::vector<float> dhead(head.size());
  const double all = next_token_loss(hidden.data(), kLength, 5, {rows, targets, {}}, head, memory,
                                     dhidden.data(), dhead);
  double sum = 0;
  std::vector<float> each_dhead(head.size());
  std::vector<float> each_dhidden(hidden.size());
  for (std::size_t i = 0; i < kLength; ++i) {
    sum += next_token_loss(hidden.data(), kLength, 5,
                           {std::span(rows).subspan(i, 1), std::span(targets).subspan(i, 1), {}},
                           head, memory, each_dhidden.data(), each_dhead);
    for (std::size_t k = i * 5; k < (i + 1) * 5; ++k) {
      ASSERT_NEAR(each_dhidden[k], dhidden[k], 1e-5);
    }
  }
  EXPECT_NEAR(all, sum, 1e-3);
  for (std::size_t i = 0; i < head.size(); ++i) ASSERT_NEAR(dhead[i], each_dhead[i], 1e-3);
}

}  // namespace
}  // namespace pith
