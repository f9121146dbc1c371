// What the decoder costs on one thread: its products beside the matrix library's, reading a prompt,
// going on token by token alone and side by side, and a training step. Counters: multiply-adds as
// FLOP/s (two each), tokens/s.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <numeric>
#include <vector>

#include "stages/network/decoder.h"
#include "stages/network/generate.h"
#include "stages/network/next_token_loss.h"
#include "stages/network/one_thread.h"
#include "stages/network/packed_linear.h"
#include "stages/network/trainable_decoder.h"

namespace pith {
namespace {

using benchmark::Counter;

std::vector<float> numbers(std::size_t size) {
  std::vector<float> values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<float>(i % 17) * 0.01F - 0.08F;
  return values;
}

/// A reader as it is trained here: 256 wide, 4 layers, 8,000 words.
DecoderConfig reader_config() {
  DecoderConfig config;
  config.vocab_size = 8000;
  config.hidden_size = 256;
  config.num_layers = 4;
  config.num_heads = 4;
  config.num_kv_heads = 2;
  config.head_size = 64;
  config.intermediate_size = 704;
  config.max_positions = 4096;
  config.tied_head = true;
  return config;
}

std::vector<float> reader_parameters(const TrainableDecoder& decoder) {
  std::vector<float> parameters(decoder.layout().size());
  initialize_parameters(decoder.layout(), 0.05F, 1, parameters);
  return parameters;
}

struct Reader {
  Reader() {
    const TrainableDecoder trainable(reader_config());
    auto opened =
        Decoder::from_parameters(reader_config(), trainable.layout(), reader_parameters(trainable));
    if (!opened) std::exit(1);
    decoder = *opened;
  }
  std::shared_ptr<const Decoder> decoder;
  DecoderMemory memory;
};

std::vector<std::int32_t> counted(std::size_t length, std::int32_t first) {
  std::vector<std::int32_t> values(length);
  std::iota(values.begin(), values.end(), first);
  return values;
}

// --- one linear layer, [rows, in] x [in, out]

struct Shape {
  explicit Shape(const benchmark::State& state)
      : rows(static_cast<std::size_t>(state.range(0))),
        in(static_cast<std::size_t>(state.range(1))),
        out(static_cast<std::size_t>(state.range(2))) {}
  void report(benchmark::State& state) const {
    state.counters["FLOP/s"] = Counter(2.0 * static_cast<double>(rows * in * out),
                                       Counter::kIsIterationInvariantRate, Counter::kIs1000);
  }
  std::size_t rows, in, out;
};

void BM_PanelProduct(benchmark::State& state) {
  const Shape shape(state);
  const PanelMatrix matrix(numbers(shape.in * shape.out), shape.in, shape.out);
  const auto x = numbers(shape.rows * shape.in);
  std::vector<float> y(shape.rows * shape.out);
  PanelMemory memory;
  for (auto _ : state) {
    matrix.forward(x.data(), shape.rows, y.data(), Into::kReplace, memory);
    benchmark::ClobberMemory();
  }
  shape.report(state);
}

void BM_LibraryPacked(benchmark::State& state) {
  use_one_thread();
  const Shape shape(state);
  const PackedLinear linear(
      std::make_shared<const MatmulPlan>(shape.in, shape.out, Precision::kFloat32),
      numbers(shape.in * shape.out), numbers(shape.out));
  const std::size_t room = (shape.rows + 127) / 128 * 128;
  const auto x = numbers(room * shape.in);
  std::vector<float> y(room * shape.out);
  LinearMemory memory;
  for (auto _ : state) {
    linear.forward(x.data(), shape.rows, memory, y.data());
    benchmark::ClobberMemory();
  }
  shape.report(state);
}

void BM_LibraryPlain(benchmark::State& state) {
  const Shape shape(state);
  const auto weight = numbers(shape.in * shape.out);
  const auto x = numbers(shape.rows * shape.in);
  std::vector<float> y(shape.rows * shape.out);
  for (auto _ : state) {
    multiply_transposed(matrix(x.data(), shape.rows, shape.in),
                        matrix(weight.data(), shape.out, shape.in),
                        matrix(y.data(), shape.rows, shape.out), Into::kReplace);
    benchmark::ClobberMemory();
  }
  shape.report(state);
}

void product_shapes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"rows", "in", "out"});
  for (const auto& [in, out] : {std::pair{256, 1408}, {2048, 5632}}) {
    for (const int rows : {1, 4, 16, 128}) bench->Args({rows, in, out});
  }
}
BENCHMARK(BM_PanelProduct)->Apply(product_shapes);
BENCHMARK(BM_LibraryPacked)->Apply(product_shapes);
BENCHMARK(BM_LibraryPlain)->Apply(product_shapes);

// --- the whole decoder

void BM_ReadPrompt(benchmark::State& state) {
  Reader reader;
  const auto length = static_cast<std::size_t>(state.range(0));
  const auto ids = counted(length, 5);
  const auto positions = counted(length, 0);
  DecoderCache cache(reader.decoder->config());
  for (auto _ : state) {
    cache.truncate(0);
    const DecoderInput input = {&cache, ids, positions, length - 1, {}};
    if (!reader.decoder->forward({&input, 1}, reader.memory)) state.SkipWithError("not read");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_ReadPrompt)->ArgName("tokens")->Arg(128)->Arg(512)->Arg(2048);

/// One token more of each text, 256 tokens being there.
void BM_NextTokens(benchmark::State& state) {
  Reader reader;
  const auto side_by_side = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t kBefore = 256;
  const auto ids = counted(kBefore, 5);
  const auto positions = counted(kBefore + 1, 0);
  std::vector<DecoderCache> caches;
  for (std::size_t i = 0; i < side_by_side; ++i) {
    caches.emplace_back(reader.decoder->config());
    const DecoderInput input = {&caches[i], ids, std::span(positions).first(kBefore), kBefore, {}};
    if (!reader.decoder->forward({&input, 1}, reader.memory)) state.SkipWithError("not read");
  }
  std::vector<DecoderInput> inputs;
  for (DecoderCache& cache : caches) {
    inputs.push_back({&cache, std::span(ids).last(1), std::span(positions).last(1), 0, {}});
  }
  for (auto _ : state) {
    if (!reader.decoder->forward(inputs, reader.memory)) state.SkipWithError("not read");
    for (DecoderCache& cache : caches) cache.truncate(kBefore);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_NextTokens)->ArgName("side_by_side")->RangeMultiplier(4)->Range(1, 64);

/// 64 answers of 32 tokens to prompts of 128, reading included.
void BM_Answers(benchmark::State& state) {
  Reader reader;
  std::vector<GenerateRequest> requests(64);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    requests[i].prompt = counted(128, static_cast<std::int32_t>(i));
    requests[i].tokens_max = 32;
    requests[i].sampling = {state.range(1) != 0 ? 1.0F : 0.0F, 0.9F, i};
  }
  const auto side_by_side = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    if (!generate(*reader.decoder, requests, side_by_side, reader.memory)) {
      state.SkipWithError("no answers");
    }
  }
  state.SetItemsProcessed(state.iterations() * 64);
}
BENCHMARK(BM_Answers)
    ->ArgNames({"side_by_side", "sampled"})
    ->Args({1, 0})
    ->Args({16, 0})
    ->Args({16, 1});

void BM_TrainingStep(benchmark::State& state) {
  use_one_thread();
  const TrainableDecoder decoder(reader_config());
  const auto parameters = reader_parameters(decoder);
  const auto length = static_cast<std::size_t>(state.range(0));
  const auto ids = counted(length, 5);
  const auto positions = counted(length, 0);
  std::vector<std::uint32_t> rows(length);
  std::iota(rows.begin(), rows.end(), 0U);
  std::vector<float> gradients(parameters.size());
  std::vector<float> dhidden(length * 256);
  const std::span<const float> head = std::span(parameters).subspan(decoder.head(), 8000U * 256U);
  DecoderTape tape;
  NextTokenMemory memory;
  for (auto _ : state) {
    const float* hidden = decoder.forward(parameters, ids, positions, {}, 0.0F, 0, tape);
    benchmark::DoNotOptimize(
        next_token_loss(hidden, length, 256, {rows, counted(length, 6), {}}, head, memory,
                        dhidden.data(), std::span(gradients).subspan(decoder.head(), head.size())));
    decoder.backward(parameters, dhidden.data(), tape, gradients);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  // Matrices of the layers and the head: a multiply-add forward, two backward; the same of the
  // attention's two products.
  const double weights = 4.0 * (256.0 * 512 + 256.0 * 256 + 3 * 256.0 * 704) + 8000.0 * 256;
  const double attention = 4.0 * 2 * 256 * static_cast<double>(length);
  state.counters["FLOP/s"] = Counter(6.0 * static_cast<double>(length) * (weights + attention),
                                     Counter::kIsIterationInvariantRate, Counter::kIs1000);
}
BENCHMARK(BM_TrainingStep)->ArgName("tokens")->Arg(64)->Arg(256);

}  // namespace
}  // namespace pith
