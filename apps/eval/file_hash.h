// Which bytes a run was about.
#pragma once

#include <string>

namespace pith {

/// sha256 of a file, 64 hex digits; empty when it cannot be read.
std::string file_sha256(const std::string& path);

}  // namespace pith
