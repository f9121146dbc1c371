// From seeded numbers to a decoder that does its task: batches, gradients, AdamW, and the trained
// numbers where they serve.
#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <numeric>

#include "stages/network/adamw.h"
#include "stages/network/batch_gradient.h"
#include "stages/network/counter_random.h"
#include "stages/network/generate.h"
#include "stages/network/next_token_loss.h"

namespace pith {
namespace {

// The task: a few words, kRepeat, the same words again, kEnd.
constexpr std::int32_t kRepeat = 0;
constexpr std::int32_t kEnd = 1;
constexpr std::size_t kWords = 4;
constexpr std::size_t kBatch = 16;

DecoderConfig task_config() {
  DecoderConfig config;
  config.vocab_size = 12;
  config.hidden_size = 32;
  config.num_layers = 2;
  config.num_heads = 4;
  config.num_kv_heads = 2;
  config.head_size = 8;
  config.intermediate_size = 64;
  config.max_positions = 16;
  config.tied_head = true;
  return config;
}

std::vector<std::int32_t> task(std::uint64_t number) {
  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i < kWords; ++i) {
    ids.push_back(2 + static_cast<std::int32_t>(random_bits(number, i) % 10));
  }
  ids.push_back(kRepeat);
  ids.insert(ids.end(), ids.begin(), ids.begin() + kWords);
  ids.push_back(kEnd);
  return ids;
}

/// Parameters after `steps` steps, and the mean loss of the last.
std::pair<std::vector<float>, double> train(const TrainableDecoder& decoder, std::uint64_t steps) {
  std::vector<float> parameters(decoder.layout().size());
  initialize_parameters(decoder.layout(), 0.1F, 3, parameters);
  AdamW optimizer(decoder.layout(), {});
  DecoderBatchGradient batch(parameters.size());
  const std::vector<std::int32_t> positions = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<std::uint32_t> rows = {4, 5, 6, 7, 8};
  const std::size_t head_size = 12U * 32U;
  double loss = 0;
  for (std::uint64_t step = 0; step < steps; ++step) {
    loss = batch.run(kBatch, [&](std::size_t item, DecoderTape& tape, std::span<float> gradients) {
      const auto ids = task(step * kBatch + item);
      const std::span<const std::int32_t> inputs = std::span(ids).first(ids.size() - 1);
      const float* hidden = decoder.forward(parameters, inputs, positions, {}, 0.0F, 0, tape);
      NextTokenMemory memory;
      std::vector<float> dhidden(inputs.size() * 32);
      const double sum =
          next_token_loss(hidden, inputs.size(), 32, {rows, std::span(ids).last(rows.size()), {}},
                          std::span<const float>(parameters).subspan(decoder.head(), head_size),
                          memory, dhidden.data(), gradients.subspan(decoder.head(), head_size));
      decoder.backward(parameters, dhidden.data(), tape, gradients);
      return sum;
    });
    for (float& gradient : batch.gradients()) gradient /= kBatch;
    optimizer.step(parameters, batch.gradients(), 3e-3F);
  }
  return {parameters, loss / kBatch};
}

TEST(DecoderTraining, LearnsToRepeatWhatItWasGiven) {
  const TrainableDecoder decoder(task_config());
  const auto [parameters, loss] = train(decoder, 400);
  EXPECT_LT(loss, 0.3);  // 5 tokens; at the start 5 log 12 = 12.4
  const auto serving = Decoder::from_parameters(decoder.config(), decoder.layout(), parameters);
  ASSERT_TRUE(serving);
  std::vector<GenerateRequest> requests;
  for (std::uint64_t number = 0; number < 100; ++number) {
    const auto ids = task(1'000'000 + number);  // none that it was trained on, but by chance
    GenerateRequest request;
    request.prompt.assign(ids.begin(), ids.begin() + kWords + 1);
    request.stop_ids = {kEnd};
    request.tokens_max = 8;
    requests.push_back(std::move(request));
  }
  DecoderMemory memory;
  const auto results = generate(**serving, requests, 16, memory);
  ASSERT_TRUE(results);
  std::size_t right = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Generated& result = (*results)[i];
    const std::vector<std::int32_t> words(requests[i].prompt.begin(),
                                          requests[i].prompt.begin() + kWords);
    right += result.ids == words && result.end == GenerateEnd::kStopId ? 1 : 0;
  }
  EXPECT_GE(right, 90U);
}

TEST(DecoderTraining, IsTheSameOnAnyNumberOfThreads) {
  const TrainableDecoder decoder(task_config());
  const auto many = train(decoder, 5);
  const oneapi::tbb::global_control one(oneapi::tbb::global_control::max_allowed_parallelism, 1);
  EXPECT_EQ(train(decoder, 5), many);
}

}  // namespace
}  // namespace pith
