// What one request asks of Pith by its x-pith-* headers, over what the configuration says.
#pragma once

#include <optional>
#include <string>

#include "apps/http/edge.h"
#include "apps/memo/memo.h"
#include "apps/options/config.h"

namespace pith {

struct RequestOptions {
  Mode mode = Mode::kOn;
  float rate = 0.5F;
  std::optional<std::uint32_t> target_tokens;
  std::string query;         ///< Empty: each tool result's own.
  std::string policy;        ///< Name or id; empty: the conversation's.
  std::string conversation;  ///< As the client named it; empty: derived.
  std::string tenant;        ///< Configured name, keyed hash of the key, or "default".
  bool no_explore = false;
  /// The header that is malformed, and why; empty: none. `mode` is off then: what was sent before
  /// is repeated, and what is new goes out as it came.
  std::string problem;
};

/// The values of API keys go no further than a keyed hash.
RequestOptions read_request_options(const RequestHead& head, const Config& config,
                                    const HashKey& key);

}  // namespace pith
