// What scoring costs: one prompt of so many reader tokens under each shipped policy, and opening a
// policy. One thread; tokenize_bench has what comes before.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "stages/score/keep_policy.h"
#include "stages/tokenize/token_counter.h"
#include "stages/tokenize/tokenize_stage.h"

namespace pith {
namespace {

template <class T>
T value_or_exit(Result<T> result) {
  if (!result) {
    std::cerr << result.error().detail << "\n";
    std::exit(1);
  }
  return *std::move(result);
}

std::string path_of(const char* policy) { return std::string(PITH_MODELS "/") + policy; }

/// The licence as running text, over and over, cut at `num_tokens`.
std::string english_tokens(std::size_t num_tokens) {
  std::ifstream file(PITH_ROOT "/LICENSE");
  std::string once;
  for (const char c : std::string{std::istreambuf_iterator<char>(file), {}}) {
    if (c != ' ' || (!once.empty() && once.back() != ' ' && once.back() != '\n')) once += c;
  }
  const auto reader = value_or_exit(load_token_counter("o200k_base", PITH_MODELS));
  std::string text = once;
  while (reader->count(text) < num_tokens) text += once;
  return text.substr(0, reader->token_ends(text)[num_tokens - 1]);
}

TokenizedPrompt prompt_of(std::size_t num_tokens, const Tokenizer& tokenizer) {
  auto request = std::make_shared<CompressRequest>();
  request->segments.push_back({english_tokens(num_tokens), SegmentKind::kPlain, ""});
  return value_or_exit(TokenizeStage(PITH_MODELS)(request, tokenizer));
}

void BM_Score(benchmark::State& state, const char* name) {
  const auto policy = value_or_exit(open_policy(path_of(name)));
  const TokenizedPrompt prompt =
      prompt_of(static_cast<std::size_t>(state.range(0)), policy->tokenizer());
  std::vector<ScoreItem> batch(1);
  batch[0].segment = &prompt.segments[0];
  batch[0].text = batch[0].segment->structure.seen(prompt.request->segments[0].text);
  for (auto _ : state) {
    if (!policy->score(batch, {})) state.SkipWithError("not scored");
    benchmark::DoNotOptimize(batch[0].keep_prob.data());
  }
  state.counters["words"] = static_cast<double>(prompt.segments[0].words.size());
  state.counters["pieces"] = static_cast<double>(prompt.segments[0].pieces.size());
}

void BM_OpenPolicy(benchmark::State& state, const char* name) {
  for (auto _ : state) benchmark::DoNotOptimize(value_or_exit(open_policy(path_of(name))));
}

void prompt_sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgName("num_tokens")->Arg(2048)->Arg(65536)->Unit(benchmark::kMillisecond);
}
BENCHMARK_CAPTURE(BM_Score, pith_linear, "pith-linear.linear")->Apply(prompt_sizes);
BENCHMARK_CAPTURE(BM_OpenPolicy, pith_linear, "pith-linear.linear")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Score, ngram_en, "ngram-en.ngram")->Apply(prompt_sizes);
BENCHMARK_CAPTURE(BM_Score, ngram_multi, "ngram-multi.ngram")->Apply(prompt_sizes);
BENCHMARK_CAPTURE(BM_OpenPolicy, ngram_en, "ngram-en.ngram")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_OpenPolicy, ngram_multi, "ngram-multi.ngram")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace pith
