// What an answer is worth.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "apps/eval/task_records.h"
#include "apps/train/rl/rl_options.h"

namespace pith {

/// How near `answer` (as the reader gave it) is to the record's gold answers, in [0, 1].
double gold_reward(RewardMetric metric, EvalTask task, const TaskRecord& record,
                   std::string_view answer);
/// How near it is to what the reader said of the full text.
double agreement(RewardMetric metric, EvalTask task, const TaskRecord& record,
                 std::string_view answer, std::string_view of_full_text);

}  // namespace pith
