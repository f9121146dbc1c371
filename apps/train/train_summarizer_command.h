// The flags of `pith train summarizer`.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace pith {

/// Adds "summarizer" to `train`; when parsed, sets `run`, which returns the exit status.
void add_train_summarizer(CLI::App& train, std::function<int()>& run);

}  // namespace pith
