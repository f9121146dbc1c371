#include "apps/train/training_run.h"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <filesystem>
#include <stdexcept>

#include "stages/network/counter_random.h"
#include "tests/temporary_dir.h"

namespace pith {
namespace {

EncoderConfig small_config() {
  EncoderConfig config;
  config.vocab_size = 30;
  config.hidden_size = 16;
  config.num_layers = 2;
  config.num_heads = 2;
  config.intermediate_size = 24;
  config.max_positions = 12;
  config.type_vocab_size = 1;
  config.layer_norm_eps = 1e-5F;
  return config;
}

class TrainingRunTest : public testing::Test {
 protected:
  TrainingPlan plan(const std::string& name) const {
    TrainingPlan plan;
    plan.folder = dir_.file(name);
    plan.description = "{\"seed\": 1}\n";
    plan.rate = {1e-2F, 3, 30, true};
    plan.checkpoint_s = 0;
    return plan;
  }

  /// A step whose loss is the distance of the hidden states from a constant. `die_at`: a step at
  /// which the process ends.
  TrainingRun::MakeBatch steps(std::uint64_t die_at = 1000) {
    return [this, die_at](std::uint64_t step, std::span<const float> parameters) {
      if (step == die_at) throw std::runtime_error("killed");
      StepBatch batch;
      batch.num_items = 11;
      batch.num_targets = 11;
      batch.work = [this, parameters, step](std::size_t item, EncoderTape& tape,
                                            std::span<float> gradients) {
        std::vector<std::int32_t> ids(3 + item % 5);
        std::vector<std::int32_t> positions(ids.size());
        for (std::size_t i = 0; i < ids.size(); ++i) {
          ids[i] = static_cast<std::int32_t>(random_bits(step, item * 100 + i) % 30);
          positions[i] = static_cast<std::int32_t>(i);
        }
        const float* hidden =
            encoder_.forward(parameters, {ids, positions}, 0.1F, step * 100 + item, tape);
        std::vector<float> dhidden(ids.size() * 16);
        double loss = 0;
        for (std::size_t i = 0; i < dhidden.size(); ++i) {
          const float off = hidden[i] - 0.5F;
          loss += 0.5 * off * off;
          dhidden[i] = off;
        }
        encoder_.backward(parameters, dhidden.data(), tape, gradients);
        return loss;
      };
      return batch;
    };
  }

  Result<TrainingRun> open(const TrainingPlan& plan) {
    std::vector<float> initial(encoder_.layout().size());
    initialize_parameters(encoder_.layout(), 0.1F, 1, initial);
    return TrainingRun::open(encoder_.layout(), plan, initial);
  }

  std::vector<float> trained(const std::string& name) {
    auto run = open(plan(name));
    EXPECT_TRUE(run);
    EXPECT_TRUE(run->run(steps(), [](const std::string&) {}));
    return {run->parameters().begin(), run->parameters().end()};
  }

  TrainableEncoder encoder_{small_config()};
  TemporaryDir dir_;
};

TEST_F(TrainingRunTest, AKilledRunGoesOnToTheSameWeights) {
  const std::vector<float> expected = trained("whole");
  for (const std::uint64_t killed_at : {1U, 17U, 29U}) {
    const TrainingPlan plan = this->plan("killed" + std::to_string(killed_at));
    {
      auto run = open(plan);
      ASSERT_TRUE(run);
      EXPECT_THROW((void)run->run(steps(killed_at), [](const std::string&) {}), std::runtime_error);
    }
    auto run = open(plan);
    ASSERT_TRUE(run) << run.error().detail;
    EXPECT_EQ(run->steps_done(), killed_at);
    ASSERT_TRUE(run->run(steps(), [](const std::string&) {}));
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), run->parameters().begin()));
  }
}

TEST_F(TrainingRunTest, WeightsDoNotDependOnTheNumberOfThreads) {
  const std::vector<float> expected = trained("many");
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  EXPECT_EQ(trained("one"), expected);
}

TEST_F(TrainingRunTest, AFolderOfAnotherConfigurationIsRefused) {
  (void)trained("run");
  TrainingPlan other = plan("run");
  other.description = "{\"seed\": 2}\n";
  const auto run = open(other);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(TrainingRunTest, TheTrainedEncoderIsReadBack) {
  const std::vector<float> parameters = trained("run");
  ASSERT_TRUE(write_encoder_folder(dir_.file("run"), encoder_, parameters));
  std::vector<float> read(parameters.size());
  ASSERT_TRUE(read_parameters(dir_.file("run"), encoder_, read));
  for (std::size_t i = 0; i < read.size(); ++i) {
    ASSERT_NEAR(read[i], parameters[i], 1e-3F + 1e-3F * std::abs(parameters[i]));
  }
}

}  // namespace
}  // namespace pith
