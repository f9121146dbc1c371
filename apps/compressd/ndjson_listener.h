// The listening socket of the NDJSON server.
#pragma once

#include <string>

#include "messages/result.h"

namespace pith {

struct NdjsonListener {
  int fd = -1;            ///< Non-blocking, listening; the caller closes it.
  std::string bound;      ///< "unix:/path" or "127.0.0.1:40123"
  std::string unix_path;  ///< To be removed when closed; empty for TCP.
};

/// "unix:/path": made for this user alone (0600, its directory 0700 when it is missing); a socket
/// file that nobody listens on is replaced. "HOST:PORT": loopback only, port 0 for any. Errors:
/// kInvalidArgument with the reason.
Result<NdjsonListener> open_ndjson_listener(const std::string& address);

}  // namespace pith
