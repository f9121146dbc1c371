// What an answer is worth.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "apps/eval/task_records.h"
#include "apps/reader/reader.h"
#include "apps/train/rl/rl_options.h"

namespace pith {

/// Means over what the reader gave, by chance; not empty.

/// How near `answers` are to the record's gold answers, in [0, 1].
double gold_reward(RewardMetric metric, EvalTask task, const TaskRecord& record,
                   std::span<const LikelyAnswer> answers);
/// How near they are to what the reader said of the full text.
double agreement(RewardMetric metric, EvalTask task, const TaskRecord& record,
                 std::span<const LikelyAnswer> answers, std::string_view of_full_text);

}  // namespace pith
