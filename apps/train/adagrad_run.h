// A run that learns from one record after the other: steps, records, checkpoints.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "apps/train/hashed_adagrad.h"
#include "apps/train/progress.h"
#include "messages/result.h"

namespace pith {

struct AdagradPlan {
  std::string folder;       ///< Of run.json, run.jsonl and checkpoint.safetensors.
  std::string description;  ///< Everything that decides the result, as JSON: a run resumes only
                            ///< under the same.
  std::string item;         ///< What a record is called: "question".
  std::size_t num_records = 0;
  std::uint32_t epochs = 1;
  float learning_rate = 0.04F;  ///< Of all epochs but the last two, which are for settling down.
  std::uint64_t seed = 1;       ///< For the records' order, in every epoch another.
  double checkpoint_s = 30;
  std::uint64_t record_steps = 1000;  ///< Of the lines in run.jsonl.
};

/// Learns from record `record` in step `step`; its loss, nullopt when there is nothing to learn.
/// All that it changes is the table, and what it does follows from table, record and step.
using LearnRecord = std::function<std::optional<double>(std::size_t record, std::uint64_t step)>;

/// Makes the folder, or finds in it a run of the same description. Errors: kStorageFailed;
/// kInvalidArgument: it holds another run.
Result<Done> open_adagrad_run(const AdagradPlan& plan);
/// All steps, or those that an earlier run in the folder left. Errors: kFileUnreadable,
/// kStorageFailed.
Result<Done> run_adagrad(const AdagradPlan& plan, HashedAdagrad& table, const LearnRecord& learn,
                         const Progress& progress);

}  // namespace pith
