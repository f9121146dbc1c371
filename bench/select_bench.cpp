// What structure, protection and selection cost for one prompt: everything between the tokenizer
// and the reply but scoring.
#include <benchmark/benchmark.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "stages/select/protect.h"
#include "stages/select/select_stage.h"

namespace pith {
namespace {

// A prompt of about `num_tokens`, made of a text of tests/data/select over and over.
struct Prompt {
  std::string text;
  std::shared_ptr<const TokenCounter> reader;
  TokenizedSegment segment;
  std::vector<float> keep_prob;
  CompressOptions options;
};

Prompt make_prompt(const std::string& file, std::int64_t num_tokens) {
  Prompt prompt;
  prompt.reader = *load_token_counter("o200k_base", PITH_MODELS);
  std::ifstream in(PITH_ROOT "/tests/data/select/" + file, std::ios::binary);
  const std::string part(std::istreambuf_iterator<char>(in), {});
  while (prompt.reader->count(prompt.text) < num_tokens) prompt.text += part + "\n";
  prompt.segment.structure = find_structure(prompt.text, SegmentKind::kToolResult, prompt.options);
  for (const Region& region : prompt.segment.structure.regions) {
    if (region.kind != RegionKind::kProse) continue;
    const auto words = split_words(prompt.segment.structure.seen(prompt.text), region.span);
    prompt.segment.words.insert(prompt.segment.words.end(), words.begin(), words.end());
  }
  prompt.segment.origin_tokens = prompt.reader->count(prompt.text);
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < prompt.segment.words.size(); ++i) {
    state = state * 1664525U + 1013904223U;
    prompt.keep_prob.push_back(static_cast<float>(state >> 8U) / static_cast<float>(1U << 24U));
  }
  return prompt;
}

void count_rate(benchmark::State& state, const Prompt& prompt) {
  state.SetItemsProcessed(state.iterations() * prompt.segment.origin_tokens);  // tokens/s
  state.counters["words"] = static_cast<double>(prompt.segment.words.size());
}

const std::vector<std::string> kFiles = {"chat_support.txt", "web_page.txt", "wiki_zh_ja.txt"};

void BM_FindStructure(benchmark::State& state) {
  const Prompt prompt = make_prompt(kFiles[0], state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(find_structure(prompt.text, SegmentKind::kToolResult, prompt.options));
  }
  count_rate(state, prompt);
}
BENCHMARK(BM_FindStructure)->ArgName("num_tokens")->Arg(2048)->Unit(benchmark::kMicrosecond);

void BM_ProtectedSpans(benchmark::State& state) {
  const Prompt prompt = make_prompt(kFiles[0], state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(protected_spans(prompt.text, prompt.segment.structure,
                                             SegmentKind::kToolResult, prompt.options));
  }
  count_rate(state, prompt);
}
BENCHMARK(BM_ProtectedSpans)->ArgName("num_tokens")->Arg(2048)->Unit(benchmark::kMicrosecond);

// Protection included: this is the whole stage.
void BM_SelectWords(benchmark::State& state) {
  const Prompt prompt =
      make_prompt(kFiles[static_cast<std::size_t>(state.range(0))], state.range(1));
  for (auto _ : state) {
    benchmark::DoNotOptimize(select_words(prompt.text, SegmentKind::kToolResult, prompt.segment,
                                          prompt.keep_prob, *prompt.reader, prompt.options));
  }
  count_rate(state, prompt);
  state.SetLabel(kFiles[static_cast<std::size_t>(state.range(0))]);
}
BENCHMARK(BM_SelectWords)
    ->ArgNames({"text", "num_tokens"})
    ->ArgsProduct({{0, 1, 2}, {2048, 16384}})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace pith
