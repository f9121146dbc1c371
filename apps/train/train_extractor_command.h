// The flags of `pith train extractor`.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace pith {

/// Adds "extractor" to `train`; when parsed, sets `run`, which returns the exit status.
void add_train_extractor(CLI::App& train, std::function<int()>& run);

}  // namespace pith
