// What a running process tells its operator: readable lines in a terminal, JSON lines otherwise.
// Never prompt text, never keys, never query strings.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "messages/result.h"

namespace pith {

enum class Level : unsigned char { kDebug, kInfo, kWarning, kError };

using EventValue = std::variant<std::string, double, bool>;
using EventField = std::pair<std::string_view, EventValue>;

/// level: debug, info, warning, error. format: auto (text on a terminal, else json), text, json.
/// Writes to stderr. Errors: kInvalidArgument.
Result<Done> start_event_log(std::string_view level, std::string_view format);

/// "12:00:01 info  request  api=openai-chat status=compressed" or
/// {"t":...,"level":...,"event":...,...}. Thread-safe. Before start_event_log: dropped.
void log_event(Level level, std::string_view event, std::initializer_list<EventField> fields = {});

}  // namespace pith
