// Fine-tuning of a keep policy by a reader's rewards.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "apps/eval/task_records.h"
#include "apps/train/batch_order.h"
#include "apps/train/progress.h"
#include "apps/train/rl/answer_book.h"
#include "apps/train/rl/episode.h"
#include "apps/train/rl/rl_options.h"
#include "apps/train/training_run.h"
#include "stages/reward/baselines.h"

namespace pith {

/// What a run ended with.
struct RlOutcome {
  std::uint64_t steps = 0;
  std::uint64_t learning_calls = 0, measuring_calls = 0;
  std::uint64_t asked = 0;    ///< Of the reader, by this process.
  double reader_seconds = 0;  ///< Waited for it, by this process.
  double seconds = 0;
  double valid_first = 0, valid_best = 0;  ///< Without held-out records: 0.
  std::uint64_t best_step = 0;
};

/// Trains; writes the policy that measured best on the held-out records (without these: the last)
/// to options.out, beside the run's files. Errors: kInvalidArgument, kFileUnreadable,
/// kStorageFailed; those of the reader.
Result<RlOutcome> train_rl(const RlOptions& options, Reader& reader,
                           std::shared_ptr<const TokenCounter> counter, const Progress& progress);

/// One run's state between steps.
class RlTraining final : public RunMemory {
 public:
  RlTraining(const RlOptions& options, const TrainablePolicy& policy, AnswerBook& book,
             std::shared_ptr<const TokenCounter> counter, std::vector<TaskRecord> records,
             std::vector<TaskRecord> valid, std::vector<LabelledText> labelled,
             const Progress& progress);

  std::uint64_t planned_steps() const;
  /// Measures when it is time; draws, asks, and gives the gradient's work.
  StepBatch batch(std::uint64_t step, std::span<const float> parameters);
  /// Asks the reader about the held-out records, shortened as served; keeps the best weights.
  Result<Done> measure(std::uint64_t step, std::span<const float> parameters);

  bool measures() const { return !valid_.empty(); }
  double valid_first() const { return valid_first_; }
  double valid_best() const { return valid_best_; }
  std::uint64_t best_step() const { return best_step_; }
  std::string best_folder() const { return options_.out + "/best"; }

  std::vector<double> numbers() const override;
  void restore(std::span<const double> numbers) override;
  std::string record() override;
  std::string words() const override;

 private:
  PolicyText read(const TaskRecord& record) const;
  void draw(std::uint64_t step, std::span<const float> parameters);
  /// False: the budget does not reach.
  Result<bool> reward();
  void learn();
  /// A batch of the control: records with the policy's own labels, then as many annotated texts.
  void draw_further(std::uint64_t step, std::span<const float> parameters);
  void find_gap();
  std::uint64_t calls_of_record() const;

  const RlOptions& options_;
  const TrainablePolicy& policy_;
  AnswerBook& book_;
  std::shared_ptr<const TokenCounter> counter_;
  std::vector<TaskRecord> records_, valid_;
  std::vector<LabelledText> labelled_;
  const Progress& progress_;
  BatchOrder order_;
  std::optional<BatchOrder> label_order_;
  LabelShares shares_;
  float gap_ = 0.0F;
  std::vector<Episode> episodes_;  ///< Of this step.
  std::unordered_map<std::uint32_t, std::vector<float>> reference_z_;

  // What a checkpoint keeps.
  MovingBaseline moving_;
  double kl_weight_;
  double valid_first_ = -1, valid_best_ = -1, valid_last_ = -1;
  std::uint64_t best_step_ = 0;

  EpisodeCounts since_record_;
  std::string measured_;  ///< JSON members of measures since the last record.
};

}  // namespace pith
