// Command-line flags of the long-running subcommands, laid over the configuration file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/options/config.h"
#include "messages/result.h"

namespace CLI {
class App;
}

namespace pith {

struct ServeFlags {
  std::string config, listen, state, ca_file, mode, policy, log_level, log_format;
  std::vector<std::string> upstreams, compressors, endpoints;
  std::string ndjson;
  std::optional<float> rate;
  std::uint32_t workers = 0;
};

void add_common_flags(CLI::App& app, ServeFlags& flags);
void add_proxy_flags(CLI::App& app, ServeFlags& flags);
void add_daemon_flags(CLI::App& app, ServeFlags& flags);

/// The file (--config, else the XDG one, else none), then the flags.
/// Errors: kInvalidArgument, kFileUnreadable.
Result<Config> effective_config(const ServeFlags& flags);

}  // namespace pith
