// `pith train`: makes policies.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace pith {

/// Adds the subcommand "train"; when parsed, sets `run`, which returns the exit status.
CLI::App& add_train(CLI::App& parent, std::function<int()>& run);

}  // namespace pith
