// The table that all request tests share: which strings of each fixture may change.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/providers/provider.h"

namespace pith {

/// `texts`: one line a text, in body order: JSON pointer, kind (system, user, assistant, tool,
/// document), then `last` and `prefill` where they hold, and `#N` for turn N.
struct RequestCase {
  std::string_view file;
  Api api;
  std::string_view texts;
};
const std::vector<RequestCase>& request_cases();

/// A file of tests/data/providers.
std::string read_fixture(std::string_view file);

/// A target that an SDK would send for this API.
std::string_view usual_target(Api api);

}  // namespace pith
