// What a reader is asked, and what of its answer counts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "apps/eval/task_records.h"

namespace pith {

/// The same instructions whatever the text's length; `text` nullopt: no context at all.
std::string task_prompt(EvalTask task, const TaskRecord& record,
                        const std::optional<std::string>& text);

/// Without a leading <think> block and blanks; of qa the first line that is not empty, without a
/// leading "Answer:".
std::string counted_answer(EvalTask task, std::string_view answer);

}  // namespace pith
