// A training run: steps, records, checkpoints.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/train/progress.h"
#include "messages/result.h"
#include "stages/network/adamw.h"
#include "stages/network/batch_gradient.h"
#include "stages/network/learning_rate.h"
#include "stages/network/trainable_encoder.h"

namespace pith {

/// What one step learns from. `Tape`: of the network that is trained.
template <class Tape>
struct StepBatchOf {
  std::size_t num_items = 0;
  typename ShardedGradient<Tape>::Work work;  ///< Forward and backward of one item.
  double num_targets = 1;                     ///< Loss and gradient are divided by this.
  double num_tokens = 0;                      ///< For the records.
  bool stop = false;                          ///< There is no such step: the run is done.
  std::optional<Error> failed;                ///< The run ends with this; what was done is kept.
};
using StepBatch = StepBatchOf<EncoderTape>;

/// What a run remembers beside parameters and optimiser, when its batches depend on more than the
/// step number.
class RunMemory {
 public:
  virtual ~RunMemory() = default;
  /// Saved with every checkpoint; always as many.
  virtual std::vector<double> numbers() const = 0;
  virtual void restore(std::span<const double> numbers) = 0;
  /// Since the last record: JSON members for run.jsonl (",\"reward\":0.4"), and words for people.
  virtual std::string record() = 0;
  virtual std::string words() const = 0;
};

/// Places [begin, begin + size) of the parameters.
struct ParameterRange {
  std::size_t begin = 0, size = 0;
};

struct TrainingPlan {
  std::string folder;       ///< Of checkpoint.safetensors and run.jsonl.
  std::string description;  ///< Everything that decides the result, as JSON: a run resumes only
                            ///< under the same.
  LearningRate rate;
  AdamWOptions optimizer;
  double checkpoint_s = 30;
  std::uint64_t record_steps = 20;
  std::vector<ParameterRange> frozen;    ///< Have no gradient; only without weight decay.
  RunMemory* memory = nullptr;           ///< May be null.
  std::string curve_title = "training";  ///< Of curve.svg, drawn when the run ends.
};

/// Parameters and optimiser between steps. Batches must follow from the step number, the parameters
/// and plan.memory alone: then a run that was killed and resumed gives the same weights as one that
/// was not.
template <class Tape>
class TrainingRunOf {
 public:
  using MakeBatch =
      std::function<StepBatchOf<Tape>(std::uint64_t step, std::span<const float> parameters)>;
  /// Resumes from plan.folder's checkpoint if there is one, else begins with `initial`.
  /// Errors: kFileUnreadable, kStorageFailed; kInvalidArgument when the checkpoint belongs to
  /// another description.
  static Result<TrainingRunOf> open(const TrainableEncoder& encoder, TrainingPlan plan,
                                    std::vector<float> initial) {
    return open(encoder.layout(), std::move(plan), std::move(initial));
  }
  /// The same for any parameters; `layout` must outlive the run.
  static Result<TrainingRunOf> open(const ParameterLayout& layout, TrainingPlan plan,
                                    std::vector<float> initial);

  /// All steps that are left, then curve.svg. Errors: kStorageFailed; what a batch failed with.
  Result<Done> run(const MakeBatch& make_batch, const Progress& progress);

  std::span<const float> parameters() const { return parameters_; }
  std::uint64_t steps_done() const { return optimizer_.steps(); }

 private:
  TrainingRunOf(const ParameterLayout& layout, TrainingPlan plan, std::vector<float> initial);
  Result<Done> restore();
  Result<Done> save() const;

  const ParameterLayout* layout_;
  TrainingPlan plan_;
  std::vector<float> parameters_;
  AdamW optimizer_;
};
using TrainingRun = TrainingRunOf<EncoderTape>;
using DecoderTrainingRun = TrainingRunOf<DecoderTape>;

/// Reads the tensors that `encoder` has from a Hugging Face folder; those of losses stay as they
/// are.
Result<Done> read_parameters(const std::string& folder, const TrainableEncoder& encoder,
                             std::span<float> parameters);

/// Writes config.json and model.safetensors (float16) to `folder`, which exists: what Encoder::open
/// reads. Errors: kStorageFailed.
Result<Done> write_encoder_folder(const std::string& folder, const TrainableEncoder& encoder,
                                  std::span<const float> parameters);

}  // namespace pith
