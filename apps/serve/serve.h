// The subcommands that run until they are told to stop: serve, proxy, compressd.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace pith {

/// Everything in one process: the default.
void add_serve(CLI::App& parent, std::function<int()>& run);
/// The edge alone, with compressors elsewhere.
void add_proxy(CLI::App& parent, std::function<int()>& run);
/// The compressor alone, as a daemon.
void add_compressd(CLI::App& parent, std::function<int()>& run);
/// Checks a set-up and says what is wrong.
void add_doctor(CLI::App& parent, std::function<int()>& run);

}  // namespace pith
