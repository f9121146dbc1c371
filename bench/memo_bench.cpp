// What the memo costs a request. CPU is that of the whole process, so the writer thread counts.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <string>

#include "apps/memo/memo.h"
#include "messages/ids.h"

namespace pith {
namespace {

class ScratchDir {
 public:
  ScratchDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "pith-bench-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~ScratchDir() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

const HashKey kKey{{1, 2, 3}};

KeyedHash hash_of(std::uint64_t number) { return kKey.of({std::to_string(number)}); }

/// A 2,000-token text: 400 kept runs.
SentForm large_form() {
  SentForm form;
  form.raw = false;
  for (std::uint32_t i = 0; i < 400; ++i) form.kept.push_back({i * 20, i * 20 + 8 + i % 9});
  form.origin_tokens = 2000;
  form.compressed_tokens = 1000;
  form.decision_id = new_uuid7();
  return form;
}

std::unique_ptr<Memo> open_memo(const ScratchDir& dir) {
  Memo::Options options;
  options.path = dir.file("memo.db");
  return *Memo::open(std::move(options));
}

void commit_now(Memo& memo, const KeyedHash& conversation,
                std::vector<std::pair<KeyedHash, SentForm>> texts) {
  std::promise<bool> stands;
  memo.commit(conversation, {"policy", 1}, std::move(texts),
              [&](const Result<std::vector<SentForm>>& forms) { stands.set_value(bool{forms}); });
  if (!stands.get_future().get()) std::abort();
}

double cpu_us() {
  struct rusage used {};
  getrusage(RUSAGE_SELF, &used);
  const auto us = [](const timeval& time) {
    return 1e6 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec);
  };
  return us(used.ru_utime) + us(used.ru_stime);
}

/// A turn of a conversation of num_texts texts of which all are known.
void BM_AllKnown(benchmark::State& state) {
  const ScratchDir dir;
  const auto memo = open_memo(dir);
  std::vector<KeyedHash> texts;
  std::vector<std::pair<KeyedHash, SentForm>> forms;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    texts.push_back(hash_of(static_cast<std::uint64_t>(i)));
    forms.emplace_back(texts.back(), large_form());
  }
  commit_now(*memo, hash_of(1'000'000), forms);
  const double begin = cpu_us();
  for (auto _ : state) benchmark::DoNotOptimize(memo->find(hash_of(1'000'000), texts));
  state.counters["process_cpu_us"] = (cpu_us() - begin) / static_cast<double>(state.iterations());
}
BENCHMARK(BM_AllKnown)->ArgName("num_texts")->Arg(1)->Arg(10)->Arg(40);

/// A turn of a 40-turn conversation: its known texts, then one new text that is committed. Every 40
/// turns a new conversation begins.
void BM_OneNewText(benchmark::State& state) {
  const ScratchDir dir;
  const auto memo = open_memo(dir);
  const SentForm form = large_form();
  std::uint64_t turn = 0;
  std::vector<KeyedHash> texts;
  const double begin = cpu_us();
  for (auto _ : state) {
    if (turn % 40 == 0) texts.clear();
    const KeyedHash conversation = hash_of(turn / 40);
    texts.push_back(hash_of(1'000'000 + turn++));
    benchmark::DoNotOptimize(memo->find_conversation(conversation));
    benchmark::DoNotOptimize(memo->find(conversation, texts));
    commit_now(*memo, conversation, {{texts.back(), form}});
  }
  state.counters["process_cpu_us"] = (cpu_us() - begin) / static_cast<double>(state.iterations());
}
BENCHMARK(BM_OneNewText)->UseRealTime();

/// The same with `in_flight` requests of as many conversations at once: groups form.
void BM_OneNewTextGrouped(benchmark::State& state) {
  const ScratchDir dir;
  const auto memo = open_memo(dir);
  const SentForm form = large_form();
  const auto in_flight = static_cast<std::uint64_t>(state.range(0));
  std::uint64_t round = 0;
  const double begin = cpu_us();
  for (auto _ : state) {
    std::atomic<std::uint64_t> standing{0};
    std::promise<void> all;
    for (std::uint64_t i = 0; i < in_flight; ++i) {
      const KeyedHash conversation = hash_of(i + in_flight * (round / 40));
      const KeyedHash text = hash_of(1'000'000 + round * in_flight + i);
      benchmark::DoNotOptimize(memo->find(conversation, {text}));
      memo->commit(conversation, {"policy", 1}, {{text, form}},
                   [&](const Result<std::vector<SentForm>>& forms) {
                     if (!forms) std::abort();
                     if (++standing == in_flight) all.set_value();
                   });
    }
    all.get_future().wait();
    ++round;
  }
  const double requests = static_cast<double>(state.iterations()) * static_cast<double>(in_flight);
  state.counters["process_cpu_us"] = (cpu_us() - begin) / requests;
  state.SetItemsProcessed(static_cast<std::int64_t>(requests));
}
BENCHMARK(BM_OneNewTextGrouped)->ArgName("in_flight")->Arg(8)->Arg(64)->UseRealTime();

/// First turn after a restart: a conversation read from the file.
void BM_FirstReadOfConversation(benchmark::State& state) {
  const ScratchDir dir;
  constexpr std::uint64_t kConversations = 200;
  {
    const auto memo = open_memo(dir);
    for (std::uint64_t i = 0; i < kConversations; ++i) {
      std::vector<std::pair<KeyedHash, SentForm>> forms;
      for (std::int64_t t = 0; t < state.range(0); ++t) {
        forms.emplace_back(hash_of(static_cast<std::uint64_t>(t)), large_form());
      }
      commit_now(*memo, hash_of(i), std::move(forms));
    }
  }
  Memo::Options options;
  options.path = dir.file("memo.db");
  options.cache_bytes = 1;  // nothing stays
  const auto memo = *Memo::open(std::move(options));
  std::uint64_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(memo->find(hash_of(next++ % kConversations), {hash_of(0)}));
  }
}
BENCHMARK(BM_FirstReadOfConversation)->ArgName("num_texts")->Arg(1)->Arg(40);

void BM_KeyedHash(benchmark::State& state) {
  const std::string text(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(kKey.of({"tenant", text}));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_KeyedHash)->ArgName("text_bytes")->Arg(256)->Arg(8 << 10)->Arg(64 << 10);

void BM_NewUuid7(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(new_uuid7());
}
BENCHMARK(BM_NewUuid7);

}  // namespace
}  // namespace pith
