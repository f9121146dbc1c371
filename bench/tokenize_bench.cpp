// Everything in front of scoring: token counts, words, pieces, and the stage as a whole. One
// thread.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "stages/score/keep_policy.h"
#include "stages/tokenize/token_counter.h"
#include "stages/tokenize/token_ranks.h"
#include "stages/tokenize/tokenize_stage.h"
#include "stages/tokenize/word.h"

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

std::shared_ptr<const TokenCounter> counter(std::string_view name) {
  return value_or_exit(load_token_counter(name, PITH_MODELS));
}

/// The licence as running text: English that repeats itself little.
std::string english() {
  std::ifstream file(PITH_ROOT "/LICENSE");
  std::string text;
  for (const char c : std::string{std::istreambuf_iterator<char>(file), {}}) {
    if (c != ' ' || (!text.empty() && text.back() != ' ' && text.back() != '\n')) text += c;
  }
  return text;
}

std::string english_tokens(std::size_t num_tokens) {
  std::string text = english();
  while (counter("o200k_base")->count(text) < num_tokens) text += english();
  return text.substr(0, counter("o200k_base")->token_ends(text)[num_tokens - 1]);
}

std::string repeat(std::string_view unit, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += unit;
  return text;
}

const std::string& text_of(std::int64_t kind) {
  static const std::string kTexts[] = {
      repeat(english(), 1U << 20U),
      repeat("L'été déjà passé, où l'élève naïf préférait la forêt à l'école. ", 1U << 20U),
      repeat("我们喜欢在北京的大学里看书，因为那里的学生很多。", 1U << 20U),
      repeat("的一是不了人我在有他这中大来上个国", 1U << 20U),  // one pre-token
      std::string(1U << 20U, 'a'),                              // one pre-token
  };
  return kTexts[kind];
}
constexpr const char* kKinds[] = {"english", "french", "chinese", "chinese_run", "a_run"};

void kinds(benchmark::internal::Benchmark* bench) {
  for (int kind = 0; kind < 5; ++kind) bench->Arg(kind);
  bench->Unit(benchmark::kMillisecond);
}

void bytes_done(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

void BM_Count(benchmark::State& state, const char* name) {
  const auto reader = counter(name);
  const std::string& text = text_of(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(reader->count(text));
  bytes_done(state, text.size());
  state.SetLabel(kKinds[state.range(0)]);
}
BENCHMARK_CAPTURE(BM_Count, cl100k_base, "cl100k_base")->Apply(kinds);
BENCHMARK_CAPTURE(BM_Count, o200k_base, "o200k_base")->Apply(kinds);

void BM_SplitWords(benchmark::State& state) {
  const std::string& text = text_of(state.range(0));
  const ByteSpan all{0, static_cast<std::uint32_t>(text.size())};
  for (auto _ : state) benchmark::DoNotOptimize(split_words(text, all));
  bytes_done(state, text.size());
  state.SetLabel(kKinds[state.range(0)]);
}
BENCHMARK(BM_SplitWords)->Apply(kinds);

void BM_LoadRanks(benchmark::State& state, const char* name) {
  const std::string path = std::string(PITH_MODELS "/") + name + ".ranks.zst";
  for (auto _ : state) benchmark::DoNotOptimize(value_or_exit(TokenRanks::load(path)));
}
BENCHMARK_CAPTURE(BM_LoadRanks, cl100k_base, "cl100k_base")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_LoadRanks, o200k_base, "o200k_base")->Unit(benchmark::kMillisecond);

// The parts of what one English prompt costs before it is scored, and the whole.
const KeepPolicy& policy() {
  static const auto opened = value_or_exit(open_policy(PITH_MODELS "/ngram-en.ngram"));
  return *opened;
}

void BM_PromptCount(benchmark::State& state) {
  const auto reader = counter("o200k_base");
  const std::string text = english_tokens(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(reader->count(text));
  bytes_done(state, text.size());
}
void BM_PromptWords(benchmark::State& state) {
  const std::string text = english_tokens(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(split_words(text, {0, static_cast<std::uint32_t>(text.size())}));
  }
  bytes_done(state, text.size());
}
void BM_PromptPieces(benchmark::State& state) {
  const Tokenizer& tokenizer = policy().tokenizer();
  const std::string text = english_tokens(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer.encode(text));
  bytes_done(state, text.size());
}
void BM_TokenizeStage(benchmark::State& state) {
  const Tokenizer& tokenizer = policy().tokenizer();
  const TokenizeStage stage(PITH_MODELS);
  auto request = std::make_shared<CompressRequest>();
  request->segments.push_back(
      {english_tokens(static_cast<std::size_t>(state.range(0))), SegmentKind::kPlain, ""});
  for (auto _ : state) {
    const TokenizedPrompt prompt = value_or_exit(stage(request, tokenizer));
    if (prompt.segments[0].pieces.empty()) state.SkipWithError("not taken for prose");
  }
  bytes_done(state, request->segments[0].text.size());
}
void prompt_sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgName("num_tokens")->Arg(2048)->Arg(65536)->Unit(benchmark::kMillisecond);
}
BENCHMARK(BM_PromptCount)->Apply(prompt_sizes);
BENCHMARK(BM_PromptWords)->Apply(prompt_sizes);
BENCHMARK(BM_PromptPieces)->Apply(prompt_sizes);
BENCHMARK(BM_TokenizeStage)->Apply(prompt_sizes);

}  // namespace
}  // namespace pith
