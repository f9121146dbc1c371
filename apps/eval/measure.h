// One run of `pith eval`, from its flags to its exit status.
#pragma once

#include "apps/eval/eval_arguments.h"

namespace pith {

/// Measures, prints and writes what `arguments` ask for. 0: done; 1: failed or stopped early; 2:
/// wrong usage.
int run_eval(EvalArguments& arguments);

}  // namespace pith
