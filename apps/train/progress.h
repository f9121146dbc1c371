// How long work says where it is.
#pragma once

#include <functional>
#include <string>

namespace pith {

/// Takes a line for people, without its end.
using Progress = std::function<void(const std::string& line)>;

}  // namespace pith
