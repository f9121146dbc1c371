// Signals as events of the main thread.
#pragma once

#include <chrono>
#include <optional>

namespace pith {

/// Blocks SIGINT, SIGTERM and SIGHUP in this thread and all it will start; ignores SIGPIPE. Call
/// first.
void block_signals();

enum class Signal : unsigned char { kStop, kReload, kTick };
/// Waits for one of them; kTick when `period` passed first.
Signal wait_for_signal(std::optional<std::chrono::microseconds> period);

}  // namespace pith
