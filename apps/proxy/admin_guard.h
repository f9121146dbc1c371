// Who may use Pith's own endpoints: DNS rebinding checks, and the admin token off loopback.
#pragma once

#include <string>
#include <string_view>

#include "apps/http/edge.h"
#include "apps/options/config.h"

namespace pith {

/// 0: allowed; else the status to answer (401, 403) with `reason` set.
/// Host must be an IP address, localhost or listed in admin.hosts; an Origin must name the same
/// host. Where a token is configured, /pith/ and /metrics need it as "authorization: Bearer TOKEN"
/// or x-pith-admin-token; compared in constant time.
unsigned refuse_admin(const RequestHead& head, std::string_view path, const Config& config,
                      std::string& reason);

}  // namespace pith
