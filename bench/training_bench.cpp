// A training step of an encoder: forward and backward of sequences, on one core and on all.
#include <benchmark/benchmark.h>

#include <vector>

#include "stages/network/adamw.h"
#include "stages/network/batch_gradient.h"
#include "stages/network/trainable_encoder.h"

namespace pith {
namespace {

EncoderConfig policy_config() {
  EncoderConfig config;
  config.vocab_size = 12000;
  config.hidden_size = 256;
  config.num_layers = 3;
  config.num_heads = 8;
  config.intermediate_size = 1024;
  config.max_positions = 256;
  config.type_vocab_size = 1;
  config.layer_norm_eps = 1e-5F;
  return config;
}

/// Matrix products of one token, forward and backward: three times two operations a weight, and
/// attention's.
double operations_per_token(const EncoderConfig& config, double length) {
  const double width = config.hidden_size;
  const double wide = config.intermediate_size;
  const double weights = config.num_layers * (4 * width * width + 2 * width * wide);
  return 6 * weights + 3 * 4 * length * width * config.num_layers;
}

struct Case {
  explicit Case(std::size_t length) : encoder(policy_config()) {
    parameters.resize(encoder.layout().size());
    initialize_parameters(encoder.layout(), 0.02F, 1, parameters);
    dhidden.assign(length * 256, 0.01F);
    for (std::size_t i = 0; i < length; ++i) {
      ids.push_back(static_cast<std::int32_t>(i * 37 % 12000));
      positions.push_back(static_cast<std::int32_t>(i));
    }
  }
  double work(EncoderTape& tape, std::span<float> gradients) const {
    benchmark::DoNotOptimize(encoder.forward(parameters, {ids, positions}, 0.1F, 1, tape));
    encoder.backward(parameters, dhidden.data(), tape, gradients);
    return 0;
  }
  TrainableEncoder encoder;
  std::vector<float> parameters, dhidden;
  std::vector<std::int32_t> ids, positions;
};

void count(benchmark::State& state, double tokens, double length) {
  state.SetItemsProcessed(static_cast<std::int64_t>(tokens));
  state.counters["GFLOP/s"] = benchmark::Counter(
      tokens * operations_per_token(policy_config(), length) * 1e-9, benchmark::Counter::kIsRate);
}

void BM_SequenceGradient(benchmark::State& state) {
  const auto length = static_cast<std::size_t>(state.range(0));
  Case one(length);
  EncoderTape tape;
  std::vector<float> gradients(one.parameters.size());
  for (auto _ : state) one.work(tape, gradients);
  count(state, static_cast<double>(state.iterations()) * static_cast<double>(length),
        static_cast<double>(length));
}
BENCHMARK(BM_SequenceGradient)->ArgName("length")->Arg(128)->Arg(256);

/// A whole step: 32 sequences on all cores, their gradients added, AdamW.
void BM_TrainingStep(benchmark::State& state) {
  constexpr std::size_t kSequences = 32;
  const auto length = static_cast<std::size_t>(state.range(0));
  Case one(length);
  BatchGradient gradient(one.parameters.size());
  AdamW optimizer(one.encoder.layout(), {});
  for (auto _ : state) {
    gradient.run(kSequences, [&](std::size_t, EncoderTape& tape, std::span<float> gradients) {
      return one.work(tape, gradients);
    });
    optimizer.step(one.parameters, gradient.gradients(), 1e-6F);
  }
  count(state, static_cast<double>(state.iterations()) * kSequences * static_cast<double>(length),
        static_cast<double>(length));
}
BENCHMARK(BM_TrainingStep)
    ->ArgName("length")
    ->Arg(256)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace pith
