// Learning by reward on a task whose right answer is known: names and colours must stay.
#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <filesystem>
#include <fstream>

#include "apps/train/rl/rl_training.h"
#include "stages/score/keep_policy.h"
#include "tests/apps/train/rl/toy_task.h"

namespace pith {
namespace {

using testing::LexicalReader;

class TrainRl : public testing::ToyTask {
 protected:
  RlOptions options(const std::string& out) const {
    RlOptions options;
    options.policy = policy_;
    options.data = dir_.file("train.jsonl");
    options.valid = dir_.file("valid.jsonl");
    options.valid_records = 40;
    options.valid_every = 20;
    options.out = dir_.file(out);
    options.times = {2.9};
    options.learning_rate = 5e-3F;
    options.band.kl = 0.01;
    options.batch = 16;
    options.steps = 40;
    options.concurrency = 2;
    options.checkpoint_s = 1e9;
    return options;
  }

  RlOutcome trained(const RlOptions& options) {
    const auto outcome = train_rl(options, reader_, counter_, quiet_);
    EXPECT_TRUE(outcome) << outcome.error().detail;
    return outcome ? *outcome : RlOutcome{};
  }

  static std::string bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const Progress quiet_ = [](const std::string& line) {
    if (std::getenv("PITH_TEST_PROGRESS") != nullptr) std::puts(line.c_str());
  };
};

TEST_F(TrainRl, BandLearnsFromPairsOfOppositeLuck) {
  const RlOutcome outcome = trained(options("run"));
  EXPECT_LT(outcome.valid_first, 0.4);
  EXPECT_GT(outcome.valid_best, 0.65);
  EXPECT_EQ(outcome.steps, 40U);
  EXPECT_LE(outcome.learning_calls, 40U * 16 * 4);
  EXPECT_TRUE(std::filesystem::exists(dir_.file("run/curve.svg")));
  const auto served = open_policy(dir_.file("run"));
  ASSERT_TRUE(served) << served.error().detail;
}

TEST_F(TrainRl, BandLearnsWithEveryBaseline) {
  for (const auto baseline : {RlBaseline::kLeaveOneOut, RlBaseline::kSelfCritical,
                              RlBaseline::kMoving, RlBaseline::kNone}) {
    RlOptions options = this->options("run" + std::to_string(static_cast<int>(baseline)));
    options.band.baseline = baseline;
    options.band.opposite = false;
    const RlOutcome outcome = trained(options);
    EXPECT_GT(outcome.valid_best, outcome.valid_first + 0.3) << static_cast<int>(baseline);
  }
}

TEST_F(TrainRl, TacoLearns) {
  RlOptions options = this->options("run");
  options.method = RlMethod::kTaco;
  options.against = RewardAgainst::kFull;
  options.taco.rate = 0.4;
  options.steps = 120;
  const RlOutcome outcome = trained(options);
  EXPECT_GT(outcome.valid_best, outcome.valid_first + 0.3);
}

TEST_F(TrainRl, TheBridgeBringsTacosDrawsIntoTheGate) {
  RlOptions options = this->options("run");
  options.method = RlMethod::kTaco;
  options.taco.rate = 0.7;  // The network that knows nothing keeps a half.
  options.taco.tolerance = 0.2;
  options.steps = 3;
  options.learning_rate = 1e-9F;
  trained(options);
  std::ifstream records(dir_.file("run/run.jsonl"));
  double inside = 0;
  int lines = 0;
  for (std::string line; std::getline(records, line);) {
    if (const auto at = line.find("\"inside\":"); at != std::string::npos) {
      inside += std::stod(line.substr(at + 9));
      ++lines;
    }
  }
  ASSERT_EQ(lines, 3);
  EXPECT_GT(inside / lines, 0.3);
}

/// All that a checkpoint must bring back: a moving baseline, an adapting weight, answers.
class TrainRlAgain : public TrainRl {
 protected:
  RlOptions options(const std::string& out) const {
    RlOptions options = TrainRl::options(out);
    options.steps = 12;
    options.valid_every = 5;
    options.batch = 6;
    options.times = {2, 3.5};
    options.band.baseline = RlBaseline::kMoving;
    options.band.kl_target = 0.01;
    options.checkpoint_s = 0;
    options.reader_calls = 220;  // Ends the run before its steps are done.
    return options;
  }
};

TEST_F(TrainRlAgain, ARunThatWasKilledGivesTheSameWeights) {
  const RlOutcome whole = trained(options("whole"));
  EXPECT_LT(whole.steps, 12U);
  EXPECT_LE(whole.learning_calls, 220U);
  const std::string weights = bytes(dir_.file("whole/checkpoint.safetensors"));

  // Killed behind step 6, with the checkpoint of step 3 and later answers on disk.
  const RlOptions options = this->options("killed");
  const std::string checkpoint = dir_.file("killed/checkpoint.safetensors");
  reader_.num_calls = 0;
  reader_.refuse_from = 260;
  const auto killed = train_rl(options, reader_, counter_, [&](const std::string& line) {
    if (line.starts_with("step 4 of")) {
      std::filesystem::copy_file(checkpoint, dir_.file("older.safetensors"));
    }
  });
  ASSERT_FALSE(killed);
  EXPECT_EQ(killed.error().detail, "the reader has gone");
  std::filesystem::copy_file(dir_.file("older.safetensors"), checkpoint,
                             std::filesystem::copy_options::overwrite_existing);
  reader_.num_calls = 0;
  reader_.refuse_from = ~std::uint64_t{0};
  const RlOutcome resumed = trained(options);
  EXPECT_EQ(bytes(checkpoint), weights);
  EXPECT_EQ(resumed.learning_calls, whole.learning_calls);
  EXPECT_EQ(resumed.measuring_calls, whole.measuring_calls);
  EXPECT_EQ(resumed.best_step, whole.best_step);
  EXPECT_EQ(bytes(dir_.file("killed/model.safetensors")),
            bytes(dir_.file("whole/model.safetensors")));
  // What had been answered was not asked again.
  EXPECT_LT(reader_.num_calls, resumed.learning_calls + resumed.measuring_calls - 200);
}

TEST_F(TrainRlAgain, WeightsDoNotDependOnTheNumberOfThreads) {
  trained(options("many"));
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  RlOptions alone = options("one");
  alone.concurrency = 1;
  trained(alone);
  EXPECT_EQ(bytes(dir_.file("many/checkpoint.safetensors")),
            bytes(dir_.file("one/checkpoint.safetensors")));
}

TEST_F(TrainRlAgain, FrozenEmbeddingsStay) {
  RlOptions options = this->options("run");
  options.freeze_embeddings = true;
  options.valid.clear();
  trained(options);
  const auto before = TrainablePolicy::open(policy_);
  const auto after = TrainablePolicy::open(dir_.file("run"));
  ASSERT_TRUE(before && after);
  const std::size_t frozen = (*before)->embedding_parameters();
  ASSERT_GT(frozen, 0U);
  const auto was = (*before)->weights();
  const auto is = (*after)->weights();
  EXPECT_TRUE(
      std::equal(was.begin(), was.begin() + static_cast<std::ptrdiff_t>(frozen), is.begin()));
  EXPECT_FALSE(std::equal(was.begin(), was.end(), is.begin()));
}

TEST_F(TrainRlAgain, WrongOptionsAreNamed) {
  RlOptions options = this->options("run");
  options.band.samples = 3;
  const auto odd = train_rl(options, reader_, counter_, quiet_);
  ASSERT_FALSE(odd);
  EXPECT_NE(odd.error().detail.find("--samples"), std::string::npos);
  options = this->options("run");
  options.times = {0.5};
  EXPECT_FALSE(train_rl(options, reader_, counter_, quiet_));
  options = this->options("run");
  options.selection.sources = {"another"};
  EXPECT_FALSE(train_rl(options, reader_, counter_, quiet_));
}

}  // namespace
}  // namespace pith
