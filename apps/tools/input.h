// Reading what the shell tools work on.
#pragma once

#include <string>
#include <vector>

#include "messages/result.h"

namespace pith {

struct Input {
  std::string name;  ///< "-" for standard input.
  std::string text;
};

/// The files, or standard input when there are none; "-" stands for standard input too.
/// Errors: kFileUnreadable with the file and the reason.
Result<std::vector<Input>> read_inputs(const std::vector<std::string>& files);

/// Prints "pith: DETAIL" on stderr; gives the exit status: 2 for wrong usage, else 1.
int tool_error(const Error& error);

}  // namespace pith
