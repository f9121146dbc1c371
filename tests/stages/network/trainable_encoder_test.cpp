#include "stages/network/trainable_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "stages/model_files/tensor_files.h"
#include "stages/network/encoder.h"
#include "tests/stages/network/seeded_numbers.h"

namespace pith {
namespace {

EncoderConfig small_config() {
  EncoderConfig config;
  config.vocab_size = 20;
  config.hidden_size = 16;
  config.num_layers = 2;
  config.num_heads = 2;
  config.intermediate_size = 24;
  config.max_positions = 12;
  config.type_vocab_size = 6;
  config.features_per_piece = 2;
  config.layer_norm_eps = 1e-5F;
  return config;
}

// Goal: every tensor's gradient is dL/dtensor. Method: the slope of L along a random direction in
// that tensor, by central difference, beside the gradient's part in that direction.
TEST(TrainableEncoder, GradientOfEveryTensorMatchesCentralDifference) {
  const TrainableEncoder encoder(small_config());
  std::vector<float> parameters(encoder.layout().size());
  initialize_parameters(encoder.layout(), 0.3F, 1, parameters);
  const std::vector<std::int32_t> ids = {3, 7, 7, 1, 19, 4, 0};
  const std::vector<std::int32_t> positions = {0, 1, 2, 3, 4, 5, 6};
  const std::vector<std::int32_t> features = {1, 2, 3, 3, 0, 4, 1, 2, 4, 3, 1, 1, 2, 4};
  const auto dhidden = seeded_numbers(ids.size() * 16, 1.0F, 5);
  EncoderTape tape;
  const auto loss = [&] {
    const float* hidden = encoder.forward(parameters, {ids, positions, features}, 0.2F, 99, tape);
    double sum = 0;
    for (std::size_t i = 0; i < dhidden.size(); ++i) {
      sum += static_cast<double>(hidden[i]) * dhidden[i];
    }
    return sum;
  };
  std::vector<float> gradients(parameters.size());
  (void)loss();
  encoder.backward(parameters, dhidden.data(), tape, gradients);
  std::size_t checked = 0;
  for (const Parameter& parameter : encoder.layout().all()) {
    if (parameter.name.starts_with("classifier")) continue;  // the losses' part
    SCOPED_TRACE(parameter.name);
    const auto direction = seeded_numbers(parameter.size, 1.0F, 11);
    const std::vector<float> before = parameters;
    constexpr float kStep = 2e-3F;
    const auto move = [&](float by) {
      for (std::size_t i = 0; i < parameter.size; ++i) {
        parameters[parameter.begin + i] = before[parameter.begin + i] + by * direction[i];
      }
      return loss();
    };
    const double above = move(kStep);
    const double below = move(-kStep);
    parameters = before;
    double slope = 0;
    double norm = 0;
    for (std::size_t i = 0; i < parameter.size; ++i) {
      slope += static_cast<double>(gradients[parameter.begin + i]) * direction[i];
      norm += static_cast<double>(gradients[parameter.begin + i]) * gradients[parameter.begin + i];
    }
    EXPECT_NEAR((above - below) / (2.0 * kStep), slope, 0.02 * (std::sqrt(norm) + 0.1));
    ++checked;
  }
  EXPECT_EQ(checked, 5U + 2U * 16U);
}

TEST(TrainableEncoder, BackwardAddsToTheGradients) {
  const TrainableEncoder encoder(small_config());
  std::vector<float> parameters(encoder.layout().size());
  initialize_parameters(encoder.layout(), 0.3F, 1, parameters);
  const std::vector<std::int32_t> ids = {3, 7};
  const std::vector<std::int32_t> positions = {0, 1};
  const std::vector<std::int32_t> features = {1, 2, 3, 5};
  const auto dhidden = seeded_numbers(ids.size() * 16, 1.0F, 5);
  EncoderTape tape;
  std::vector<float> once(parameters.size());
  std::vector<float> twice(parameters.size());
  for (int i = 0; i < 2; ++i) {
    (void)encoder.forward(parameters, {ids, positions, features}, 0.0F, 0, tape);
    if (i == 0) encoder.backward(parameters, dhidden.data(), tape, once);
    (void)encoder.forward(parameters, {ids, positions, features}, 0.0F, 0, tape);
    encoder.backward(parameters, dhidden.data(), tape, twice);
  }
  for (std::size_t i = 0; i < once.size(); ++i) ASSERT_NEAR(twice[i], 2.0F * once[i], 1e-4F);
}

// The two encoders are one function: the trained weights mean the same where they serve.
TEST(TrainableEncoder, AgreesWithTheServingEncoder) {
  const std::string folder =
      std::string(PITH_SHARED) + "/golden/models/bert-base-multilingual-cased-tiny-a";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no ../shared/golden";
  const auto serving = Encoder::open(folder, Precision::kFloat32);
  ASSERT_TRUE(serving);
  const TrainableEncoder encoder((*serving)->config());
  const auto files = TensorFiles::open_folder(folder);
  ASSERT_TRUE(files);
  std::vector<float> parameters(encoder.layout().size());
  for (const Parameter& parameter : encoder.layout().all()) {
    const auto numbers = files->floats(parameter.name, parameter.shape);
    ASSERT_TRUE(numbers) << numbers.error().detail;
    std::copy(numbers->begin(), numbers->end(), parameters.begin() + parameter.begin);
  }
  std::vector<std::int32_t> ids;
  for (std::int32_t i = 0; i < 100; ++i) ids.push_back(i * 79 % 8000);
  const auto positions = position_ids(encoder.config(), ids);
  EncoderTape tape;
  const float* hidden = encoder.forward(parameters, {ids, positions}, 0.0F, 0, tape);
  const EncoderSequence sequence = {ids, positions};
  const auto logits = (*serving)->forward({&sequence, 1});
  ASSERT_TRUE(logits);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    for (std::size_t label = 0; label < 2; ++label) {
      double sum = parameters[encoder.classifier_bias() + label];
      for (std::size_t k = 0; k < 64; ++k) {
        sum += static_cast<double>(hidden[i * 64 + k]) *
               parameters[encoder.classifier_weight() + label * 64 + k];
      }
      EXPECT_NEAR(sum, (*logits)[2 * i + label], 2e-5);
    }
  }
}

}  // namespace
}  // namespace pith
