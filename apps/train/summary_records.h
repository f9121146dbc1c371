// Texts with summaries: what a summarising decoder is trained on.
#pragma once

#include <string>
#include <vector>

#include "messages/result.h"

namespace pith {

struct SummaryRecord {
  std::string text, query, summary, source;
};

/// JSON lines of `pith eval`'s tasks: {"code", "summary"} or {"transcript", "summary", "query"?};
/// "source" may be missing. `leave_out_sources`: NAME or PREFIX*. Records without a summary are
/// left out. Errors: kFileUnreadable, kInvalidArgument with line and field.
Result<std::vector<SummaryRecord>> read_summary_records(
    const std::string& path, const std::vector<std::string>& leave_out_sources);

}  // namespace pith
