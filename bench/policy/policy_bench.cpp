// The shipped encoder policy beside a common small encoder: tokens per second, and what int8
// changes of its decisions on real texts.
//   pith_policy_bench [--policy FOLDER] [--texts FILE.jsonl[.zst]] [--quick]
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "apps/train/text_corpus.h"
#include "bench/encoder/cpu_time.h"
#include "bench/encoder/random_model.h"
#include "stages/score/encoder_policy.h"
#include "stages/tokenize/word_of_piece.h"

namespace pith::bench {
namespace {

constexpr double kSpeedBar = 5.0;
constexpr double kAgreementBar = 0.985;

template <class T>
T value_or_exit(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().detail.c_str());
    std::exit(2);
  }
  return *std::move(result);
}

/// A folder with a common small encoder (6 layers, width 384) of random weights; gone with this.
class SmallEncoder {
 public:
  SmallEncoder() {
    char path[] = "/tmp/pith_policy_bench.XXXXXX";
    folder_ = ::mkdtemp(path);
    EncoderConfig config;
    config.kind = EncoderKind::kXlmRoberta;
    config.vocab_size = 8000;
    config.hidden_size = 384;
    config.num_layers = 6;
    config.num_heads = 12;
    config.intermediate_size = 1536;
    config.max_positions = 514;
    config.type_vocab_size = 1;
    config.pad_id = 1;
    config.layer_norm_eps = 1e-5F;
    value_or_exit(write_random_model(folder_, config));
  }
  ~SmallEncoder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  SmallEncoder(const SmallEncoder&) = delete;
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
};

/// Eight sequences of 256 pieces.
double tokens_per_cpu_second(const Encoder& encoder, int passes) {
  constexpr std::size_t kLength = 256;
  const EncoderConfig& config = encoder.config();
  const auto per_piece = static_cast<std::size_t>(config.features_per_piece);
  std::vector<std::int32_t> ids(kLength);
  for (std::size_t i = 0; i < kLength; ++i) {
    ids[i] =
        5 + static_cast<std::int32_t>(i * 7919 % static_cast<std::size_t>(config.vocab_size - 5));
  }
  const std::vector<std::int32_t> positions = position_ids(config, ids);
  std::vector<std::int32_t> features(kLength * per_piece);
  for (std::size_t i = 0; i < features.size(); ++i) {
    features[i] = static_cast<std::int32_t>(i % static_cast<std::size_t>(config.type_vocab_size));
  }
  const std::vector<EncoderSequence> batch(8, EncoderSequence{ids, positions, features});
  const double begin = cpu_seconds();
  for (int pass = 0; pass < passes; ++pass) value_or_exit(encoder.forward(batch));
  return static_cast<double>(batch.size() * kLength) * passes / (cpu_seconds() - begin);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

bool line(const char* what, double value, double bar) {
  const bool good = value >= bar;
  std::printf("%-5s %-64s %.4g (bar %g)\n", good ? "PASS" : "FAIL", what, value, bar);
  return good;
}

bool compare_speed(const std::string& policy, int rounds) {
  const SmallEncoder small;
  bool good = true;
  for (const Precision precision : {Precision::kFloat32, Precision::kInt8}) {
    const auto ours = value_or_exit(Encoder::open(policy, precision));
    const auto theirs = value_or_exit(Encoder::open(small.folder(), precision));
    const char* name = precision == Precision::kInt8 ? "int8" : "float32";
    std::vector<double> of_ours, of_theirs;
    for (int round = 0; round < rounds; ++round) {
      of_ours.push_back(tokens_per_cpu_second(*ours, 6));
      of_theirs.push_back(tokens_per_cpu_second(*theirs, 2));
    }
    std::printf("%s: %.0f tokens per CPU second (%s), small %.0f (%s)\n", name, median(of_ours),
                ours->products().c_str(), median(of_theirs), theirs->products().c_str());
    const std::string what =
        std::string("policy against small, ") + name + ", tokens per CPU second";
    const double ratio = median(of_ours) / median(of_theirs);
    if (precision == Precision::kFloat32) {
      good = line(what.c_str(), ratio, kSpeedBar) && good;
    } else {
      // Products of width 192 gain less from int8 than those of width 384.
      std::printf("      %-64s %.4g (no bar)\n", what.c_str(), ratio);
    }
  }
  return good;
}

TokenizedSegment segment_of(const std::string& text, const Tokenizer& tokenizer) {
  TokenizedSegment segment;
  segment.words = split_words(text, {0, static_cast<std::uint32_t>(text.size())});
  if (segment.words.empty()) return segment;
  segment.pieces = tokenizer.encode(text);
  segment.word_of_piece = words_of_pieces(segment.words, segment.pieces);
  return segment;
}

std::vector<float> scores(const KeepPolicy& policy, const std::string& text,
                          const TokenizedSegment& segment) {
  ScoreItem item;
  item.text = text;
  item.segment = &segment;
  value_or_exit(policy.score({&item, 1}, {}));
  return item.keep_prob;
}

/// The share of words that come first.
std::vector<bool> kept(const std::vector<float>& keep_prob, double rate) {
  std::vector<std::size_t> order(keep_prob.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return keep_prob[a] > keep_prob[b]; });
  std::vector<bool> kept(keep_prob.size(), false);
  const auto count = static_cast<std::size_t>(rate * static_cast<double>(order.size()));
  for (std::size_t i = 0; i < count; ++i) kept[order[i]] = true;
  return kept;
}

bool compare_decisions(const std::string& folder, const std::string& texts_path) {
  const auto exact = value_or_exit(open_policy(folder, {.precision = Precision::kFloat32}));
  const auto narrow = value_or_exit(open_policy(folder, {.precision = Precision::kInt8}));
  const auto corpus = value_or_exit(TextCorpus::open({texts_path}, {}));
  constexpr double kRates[] = {0.5, 0.2};
  double equal[2] = {0.0, 0.0};
  double num_words = 0;
  value_or_exit(corpus.for_each([&](const TextRecord& record) {
    const std::string text(record.text.substr(0, 20000));
    const TokenizedSegment segment = segment_of(text, exact->tokenizer());
    const auto before = scores(*exact, text, segment);
    const auto after = scores(*narrow, text, segment);
    num_words += static_cast<double>(before.size());
    for (int i = 0; i < 2; ++i) {
      const auto one = kept(before, kRates[i]);
      const auto two = kept(after, kRates[i]);
      for (std::size_t word = 0; word < one.size(); ++word)
        equal[i] += one[word] == two[word] ? 1 : 0;
    }
  }));
  std::printf("int8 against float32 on %.0f words of %s\n", num_words, texts_path.c_str());
  bool good = line("words of the same decision, half kept", equal[0] / num_words, kAgreementBar);
  return line("words of the same decision, a fifth kept", equal[1] / num_words, kAgreementBar) &&
         good;
}

int run(int argc, char** argv) {
  std::string policy = PITH_MODELS "/pith-small";
  std::string texts = PITH_ROOT "/../shared/data/text-core.test.jsonl.zst";
  if (!std::filesystem::exists(texts)) texts = PITH_ROOT "/tests/data/train/texts.jsonl";
  int rounds = 7;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--policy") == 0 && i + 1 < argc) {
      policy = argv[++i];
    } else if (std::strcmp(argv[i], "--texts") == 0 && i + 1 < argc) {
      texts = argv[++i];
    } else if (std::strcmp(argv[i], "--quick") == 0) {
      rounds = 1;
      texts = PITH_ROOT "/tests/data/train/texts.jsonl";
    } else {
      std::fprintf(stderr, "usage: pith_policy_bench [--policy FOLDER] [--texts FILE] [--quick]\n");
      return 2;
    }
  }
  const bool fast = compare_speed(policy, rounds);
  const bool same = compare_decisions(policy, texts);
  return (fast && same) || rounds == 1 ? 0 : 1;
}

}  // namespace
}  // namespace pith::bench

int main(int argc, char** argv) { return pith::bench::run(argc, argv); }
