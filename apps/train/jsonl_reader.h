// Reading *.jsonl and *.jsonl.zst line by line, without holding the file.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "messages/result.h"

namespace pith {

/// Calls `on_line` for every non-empty line, without its line end. A file is decompressed when it
/// begins with zstd's magic number, whatever its name; windows up to 128 MiB. Stops at the first
/// error of `on_line`. Errors: kFileUnreadable; what on_line gives, with "PATH:LINE: " before it.
Result<Done> for_each_line(const std::string& path,
                           const std::function<Result<Done>(std::string_view)>& on_line);

}  // namespace pith
