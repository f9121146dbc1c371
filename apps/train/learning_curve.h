// How a run went, as a picture.
#pragma once

#include <string>

#include "messages/result.h"

namespace pith {

/// Draws `folder`/curve.svg from `folder`/run.jsonl: the loss against the step, and where there are
/// rewards these, what was measured on held-out records, and how far the policy has gone. Of steps
/// that were done twice (a run that was stopped and went on) the last counts. Draws nothing when
/// there are no records; lines that are no records are left out. Errors: kStorageFailed.
Result<Done> draw_learning_curve(const std::string& folder, const std::string& title);

}  // namespace pith
