// `pith eval`: quality against rate.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace pith {

/// Adds the subcommand "eval"; when parsed, sets `run`, which returns the exit status.
void add_eval(CLI::App& parent, std::function<int()>& run);

}  // namespace pith
