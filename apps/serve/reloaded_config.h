// What a running process takes over when its configuration is read again.
#pragma once

#include "apps/options/config.h"
#include "messages/result.h"

namespace pith {

/// Nobody beyond loopback may reach /pith/* and /metrics without a token. Errors: kInvalidArgument.
Result<Done> check_admin_access(const Config& config);

/// `fresh` with what cannot change while running kept from `running`: listeners, upstreams, state.
/// Errors: kInvalidArgument when that would leave a listener without its guard.
Result<Config> reloaded_config(const Config& running, Config fresh);

}  // namespace pith
