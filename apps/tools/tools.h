// The shell tools: compress, count, explain, log.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace pith {

/// Compresses standard input or files.
void add_compress(CLI::App& parent, std::function<int()>& run);
/// Counts tokens of standard input or files.
void add_count(CLI::App& parent, std::function<int()>& run);
/// Shows each word's keep_prob in colour, or one logged decision.
void add_explain(CLI::App& parent, std::function<int()>& run);

/// Reads, exports or purges the decision log.
void add_log(CLI::App& parent, std::function<int()>& run);

}  // namespace pith
