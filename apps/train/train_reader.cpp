#include "apps/train/train_reader.h"

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <unordered_set>

#include "apps/reader/span_model.h"
#include "stages/model_files/tensor_files.h"
#include "stages/model_files/tensor_writer.h"
#include "stages/network/counter_random.h"

namespace pith {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kWeights = "span.weights";
constexpr const char* kSquares = "adagrad.squares";
constexpr const char* kSteps = "run.steps";

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Everything that decides the result.
std::string description(const ReaderTrainOptions& options, std::size_t num_records) {
  const SpanTrainingOptions& training = options.training;
  char text[512];
  std::snprintf(text, sizeof text,
                "{\"kind\": \"reader\", \"records\": %zu, \"epochs\": %u, \"learning_rate\": %g, "
                "\"weight_bits\": %d, \"unanswerable_bias\": %g, \"dropout\": %g, "
                "\"weight_decay\": %g, \"deleted_share\": %g, \"most_deletion\": %g, "
                "\"answer_kept\": %g, \"seed\": %llu}\n",
                num_records, options.epochs, static_cast<double>(options.learning_rate),
                options.weight_bits, static_cast<double>(options.unanswerable_bias),
                static_cast<double>(training.dropout), static_cast<double>(training.weight_decay),
                training.deleted_share, training.most_deletion, training.answer_kept,
                static_cast<unsigned long long>(training.seed));
  return text;
}

Result<std::vector<ReaderRecord>> read_all(const ReaderTrainOptions& options) {
  std::vector<ReaderRecord> all;
  for (const std::string& path : options.data) {
    auto records = read_reader_records(path, options.filter);
    if (!records) return records.error();
    std::move(records->begin(), records->end(), std::back_inserter(all));
  }
  if (all.empty()) return Error{ErrorCode::kInvalidArgument, "--data holds no questions"};
  return all;
}

WordRarity rarity_of(const std::vector<ReaderRecord>& records) {
  std::unordered_set<std::string_view> seen;
  std::vector<std::string_view> texts;
  for (const ReaderRecord& record : records) {
    if (seen.insert(record.text).second) texts.push_back(record.text);
  }
  std::vector<std::vector<SpanWord>> words(texts.size());
  tbb::parallel_for(std::size_t{0}, texts.size(),
                    [&](std::size_t i) { words[i] = span_words(texts[i]); });
  return WordRarity::of_texts(words);
}

Result<Done> check_folder(const std::string& folder, const std::string& description) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return Error{ErrorCode::kStorageFailed, folder + ": " + failed.message()};
  const std::string path = folder + "/run.json";
  if (!std::filesystem::exists(path, failed)) {
    if ((std::ofstream(path, std::ios::binary) << description).flush()) return Done{};
    return Error{ErrorCode::kStorageFailed, path + ": cannot be written"};
  }
  std::ifstream file(path, std::ios::binary);
  if (std::string(std::istreambuf_iterator<char>(file), {}) == description) return Done{};
  return Error{ErrorCode::kInvalidArgument,
               path + ": this folder holds a run of another configuration"};
}

/// Weights, their squares and how many steps they have seen, in one file.
class Checkpoint {
 public:
  explicit Checkpoint(const std::string& folder) : path_(folder + "/checkpoint.safetensors") {}

  Result<std::uint64_t> restore(SpanTraining& training) const {
    std::error_code failed;
    if (!std::filesystem::exists(path_, failed)) return std::uint64_t{0};
    const auto files = TensorFiles::open_file(path_);
    if (!files) return files.error();
    for (const auto& [name, into] :
         {std::pair{kWeights, &training.weights()}, std::pair{kSquares, &training.squares()}}) {
      auto numbers = files->floats(name, std::vector<std::uint64_t>{into->size()});
      if (!numbers) return numbers.error();
      *into = *std::move(numbers);
    }
    // Two numbers below 2^24, which floats hold exactly.
    const auto steps = files->floats(kSteps, std::vector<std::uint64_t>{2});
    if (!steps) return steps.error();
    return static_cast<std::uint64_t>((*steps)[0]) << 20U | static_cast<std::uint64_t>((*steps)[1]);
  }

  Result<Done> save(SpanTraining& training, std::uint64_t steps) const {
    const std::uint64_t size = training.weights().size();
    const float count[] = {static_cast<float>(steps >> 20U),
                           static_cast<float>(steps & ((1U << 20U) - 1))};
    const TensorToWrite tensors[] = {{kWeights, {size}, training.weights()},
                                     {kSquares, {size}, training.squares()},
                                     {kSteps, {2}, count}};
    return write_tensors(path_, tensors, {});
  }

 private:
  std::string path_;
};

/// Which record a step learns from: every epoch all of them, in an order of its own.
class RecordOrder {
 public:
  RecordOrder(std::size_t num_records, std::uint64_t seed) : order_(num_records), seed_(seed) {}

  std::size_t operator()(std::uint64_t step) {
    const std::uint64_t epoch = step / order_.size();
    if (epoch != epoch_) {
      std::iota(order_.begin(), order_.end(), 0U);
      const std::uint64_t seed = random_bits(seed_, epoch);
      std::ranges::sort(order_, {}, [seed](std::uint32_t record) {
        return std::pair(random_bits(seed, record), record);
      });
      epoch_ = epoch;
    }
    return order_[step % order_.size()];
  }

 private:
  std::vector<std::uint32_t> order_;
  std::uint64_t seed_;
  std::uint64_t epoch_ = ~std::uint64_t{0};
};

/// The last two epochs are for settling down.
float rate_of(const ReaderTrainOptions& options, std::uint64_t epoch) {
  const std::uint64_t left = options.epochs - epoch;
  return options.learning_rate * (left == 1 ? 0.2F : left == 2 ? 0.5F : 1.0F);
}

}  // namespace

Result<Done> train_reader(const ReaderTrainOptions& options, const Progress& progress) {
  const auto records = read_all(options);
  if (!records) return records.error();
  if (const auto checked = check_folder(options.out, description(options, records->size()));
      !checked) {
    return checked;
  }
  SpanTraining training(std::size_t{1} << static_cast<unsigned>(options.weight_bits),
                        options.training);
  const Checkpoint checkpoint(options.out);
  const auto first = checkpoint.restore(training);
  if (!first) return first.error();
  const WordRarity rarity = rarity_of(*records);
  progress(std::to_string(records->size()) + " questions");

  RecordOrder order(records->size(), options.training.seed);
  std::ofstream lines(options.out + "/run.jsonl", std::ios::app);
  const std::uint64_t total = options.epochs * records->size();
  const auto start = Clock::now();
  auto saved = start;
  double loss = 0;
  std::uint64_t learnt = 0;
  for (std::uint64_t step = *first; step < total; ++step) {
    const float rate = rate_of(options, step / records->size());
    const auto one = training.learn((*records)[order(step)], rarity, step, rate);
    if (one) {
      loss += *one;
      ++learnt;
    }
    const std::uint64_t done = step + 1;
    if (done % options.record_steps == 0 || done == total) {
      const double passed = seconds_since(start);
      const double mean = loss / static_cast<double>(std::max<std::uint64_t>(1, learnt));
      const double left =
          passed / static_cast<double>(done - *first) * static_cast<double>(total - done);
      char line[256];
      std::snprintf(line, sizeof line,
                    R"({"step":%llu,"loss":%.5f,"learning_rate":%.6g,"passed_s":%.1f})",
                    static_cast<unsigned long long>(done), mean, static_cast<double>(rate), passed);
      lines << line << '\n' << std::flush;
      std::snprintf(line, sizeof line, "question %llu of %llu  loss %.4f  %.0f s left",
                    static_cast<unsigned long long>(done), static_cast<unsigned long long>(total),
                    mean, left);
      progress(line);
      loss = 0;
      learnt = 0;
    }
    if (seconds_since(saved) >= options.checkpoint_s || done == total) {
      if (const auto written = checkpoint.save(training, done); !written) return written;
      saved = Clock::now();
    }
  }
  return write_span_model(options.out,
                          {std::move(training.weights()), rarity, options.unanswerable_bias});
}

}  // namespace pith
