// Is a line one of a program's log?
#pragma once

#include <string_view>

namespace pith {

/// `line` without leading and trailing blanks. A time stamp or a level where loggers put them;
/// a chat line ("[12:30] <ann> hi", "12/3/24, 14:02 - Ann: hi") is not a log line.
bool is_log_line(std::string_view line);

}  // namespace pith
