#include "apps/serve/reloaded_config.h"

namespace pith {

Result<Done> check_admin_access(const Config& config) {
  if (!config.admin_token.empty()) return Done{};
  if (config.admin_listen.empty()) {
    if (is_loopback(config.listen.host)) return Done{};
    return Error{ErrorCode::kInvalidArgument,
                 "listening on " + config.listen.host +
                     " needs admin.token (or admin.listen on loopback) in the configuration, so "
                     "that strangers cannot read /metrics or send feedback"};
  }
  const auto admin = parse_listen(config.admin_listen);
  if (!admin) return Error{ErrorCode::kInvalidArgument, "admin.listen: " + admin.error().detail};
  if (is_loopback(admin->host)) return Done{};
  return Error{ErrorCode::kInvalidArgument, "admin.listen off loopback needs admin.token"};
}

Result<Config> reloaded_config(const Config& running, Config fresh) {
  fresh.listen = running.listen;
  fresh.admin_listen = running.admin_listen;
  fresh.upstreams = running.upstreams;
  fresh.state_dir = running.state_dir;
  // The file may be fine for the listeners that it names and wrong for those that are open.
  if (const auto guarded = check_admin_access(fresh); !guarded) return guarded.error();
  return fresh;
}

}  // namespace pith
