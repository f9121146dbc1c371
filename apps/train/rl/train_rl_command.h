// `pith train rl`.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace pith {

/// Adds "rl" to `train`; when parsed, sets `run`, which returns the exit status.
void add_train_rl(CLI::App& train, std::function<int()>& run);

}  // namespace pith
