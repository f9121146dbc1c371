#include "apps/train/adagrad_run.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <utility>
#include <vector>

#include "stages/model_files/tensor_files.h"
#include "stages/model_files/tensor_writer.h"
#include "stages/network/counter_random.h"

namespace pith {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kWeights = "weights";
constexpr const char* kSquares = "adagrad.squares";
constexpr const char* kSteps = "run.steps";

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Weights, their squares and how many steps they have seen, in one file.
class Checkpoint {
 public:
  explicit Checkpoint(const std::string& folder) : path_(folder + "/checkpoint.safetensors") {}

  Result<std::uint64_t> restore(HashedAdagrad& table) const {
    std::error_code failed;
    if (!std::filesystem::exists(path_, failed)) return std::uint64_t{0};
    const auto files = TensorFiles::open_file(path_);
    if (!files) return files.error();
    for (const auto& [name, into] :
         {std::pair{kWeights, &table.weights()}, std::pair{kSquares, &table.squares()}}) {
      auto numbers = files->floats(name, std::vector<std::uint64_t>{into->size()});
      if (!numbers) return numbers.error();
      *into = *std::move(numbers);
    }
    // Two numbers below 2^24, which floats hold exactly.
    const auto steps = files->floats(kSteps, std::vector<std::uint64_t>{2});
    if (!steps) return steps.error();
    return static_cast<std::uint64_t>((*steps)[0]) << 20U | static_cast<std::uint64_t>((*steps)[1]);
  }

  Result<Done> save(HashedAdagrad& table, std::uint64_t steps) const {
    const std::uint64_t size = table.weights().size();
    const float count[] = {static_cast<float>(steps >> 20U),
                           static_cast<float>(steps & ((1U << 20U) - 1))};
    const TensorToWrite tensors[] = {{kWeights, {size}, table.weights()},
                                     {kSquares, {size}, table.squares()},
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
float rate_of(const AdagradPlan& plan, std::uint64_t epoch) {
  const std::uint64_t left = plan.epochs - epoch;
  return plan.learning_rate * (left == 1 ? 0.2F : left == 2 ? 0.5F : 1.0F);
}

}  // namespace

Result<Done> open_adagrad_run(const AdagradPlan& plan) {
  std::error_code failed;
  std::filesystem::create_directories(plan.folder, failed);
  if (failed) return Error{ErrorCode::kStorageFailed, plan.folder + ": " + failed.message()};
  const std::string path = plan.folder + "/run.json";
  if (!std::filesystem::exists(path, failed)) {
    if ((std::ofstream(path, std::ios::binary) << plan.description).flush()) return Done{};
    return Error{ErrorCode::kStorageFailed, path + ": cannot be written"};
  }
  std::ifstream file(path, std::ios::binary);
  if (std::string(std::istreambuf_iterator<char>(file), {}) == plan.description) return Done{};
  return Error{ErrorCode::kInvalidArgument,
               path + ": this folder holds a run of another configuration"};
}

Result<Done> run_adagrad(const AdagradPlan& plan, HashedAdagrad& table, const LearnRecord& learn,
                         const Progress& progress) {
  const Checkpoint checkpoint(plan.folder);
  const auto first = checkpoint.restore(table);
  if (!first) return first.error();
  RecordOrder order(plan.num_records, plan.seed);
  std::ofstream lines(plan.folder + "/run.jsonl", std::ios::app);
  const std::uint64_t total = plan.epochs * plan.num_records;
  const auto start = Clock::now();
  auto saved = start;
  double loss = 0;
  std::uint64_t learnt = 0;
  for (std::uint64_t step = *first; step < total; ++step) {
    const float rate = rate_of(plan, step / plan.num_records);
    table.set_learning_rate(rate);
    if (const auto one = learn(order(step), step)) {
      loss += *one;
      ++learnt;
    }
    const std::uint64_t done = step + 1;
    if (done % plan.record_steps == 0 || done == total) {
      const double passed = seconds_since(start);
      const double mean = loss / static_cast<double>(std::max<std::uint64_t>(1, learnt));
      const double left =
          passed / static_cast<double>(done - *first) * static_cast<double>(total - done);
      char line[256];
      std::snprintf(line, sizeof line,
                    R"({"step":%llu,"loss":%.5f,"learning_rate":%.6g,"passed_s":%.1f})",
                    static_cast<unsigned long long>(done), mean, static_cast<double>(rate), passed);
      lines << line << '\n' << std::flush;
      std::snprintf(line, sizeof line, "%s %llu of %llu  loss %.4f  %.0f s left", plan.item.c_str(),
                    static_cast<unsigned long long>(done), static_cast<unsigned long long>(total),
                    mean, left);
      progress(line);
      loss = 0;
      learnt = 0;
    }
    if (seconds_since(saved) >= plan.checkpoint_s || done == total) {
      if (const auto written = checkpoint.save(table, done); !written) return written;
      saved = Clock::now();
    }
  }
  return Done{};
}

}  // namespace pith
