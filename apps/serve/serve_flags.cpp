#include "apps/serve/serve_flags.h"

#include <CLI/CLI.hpp>
#include <set>

#include "apps/serve/reloaded_config.h"

namespace pith {

void add_common_flags(CLI::App& app, ServeFlags& flags) {
  app.add_option("--config", flags.config,
                 "Configuration file (TOML); default: pith/pith.toml in the XDG places")
      ->type_name("FILE");
  app.add_option("--policy", flags.policy, "Champion: name, id, file or Hugging Face folder")
      ->type_name("POLICY");
  app.add_option("--workers", flags.workers, "Compressor threads; 0: all cores")->type_name("N");
  app.add_option("--log-level", flags.log_level, "debug, info, warning or error")
      ->type_name("LEVEL");
  app.add_option("--log-format", flags.log_format, "auto, text or json")->type_name("FORMAT");
}

void add_proxy_flags(CLI::App& app, ServeFlags& flags) {
  app.add_option("--listen", flags.listen, "Where to listen; default 127.0.0.1:8080")
      ->type_name("HOST:PORT");
  app.add_option("--upstream", flags.upstreams,
                 "LLM API to forward to; NAME= serves it under /NAME/. Repeat for several")
      ->type_name("[NAME=]URL")
      ->allow_extra_args(false);
  app.add_option("--state", flags.state, "State directory; default: pith in the XDG state place")
      ->type_name("DIR");
  app.add_option("--ca-file", flags.ca_file, "Extra CA certificates for upstreams (PEM)")
      ->type_name("FILE");
  app.add_option("--mode", flags.mode, "off, observe or on")->type_name("MODE");
  app.add_option("--rate", flags.rate,
                 "Share of tokens to keep, above 0 and at most 1; default 0.5")
      ->type_name("RATE");
}

void add_daemon_flags(CLI::App& app, ServeFlags& flags) {
  app.add_option("--listen,--endpoint", flags.endpoints,
                 "ZeroMQ ROUTER to bind: ipc:///PATH or tcp://127.0.0.1:PORT")
      ->type_name("ENDPOINT")
      ->allow_extra_args(false);
  app.add_option("--ndjson", flags.ndjson,
                 "Socket for newline-delimited JSON: unix:/PATH or HOST:PORT")
      ->type_name("ADDRESS");
}

Result<Config> effective_config(const ServeFlags& flags) {
  Config config;
  const std::string file = flags.config.empty() ? default_config_path() : flags.config;
  if (!file.empty()) {
    auto loaded = load_config(file);
    if (!loaded) return loaded.error();
    config = *std::move(loaded);
  }
  const auto flag_error = [](const char* flag, const Error& error) {
    return Error{ErrorCode::kInvalidArgument, std::string(flag) + ": " + error.detail};
  };
  if (!flags.listen.empty()) {
    auto listen = parse_listen(flags.listen);
    if (!listen) return flag_error("--listen", listen.error());
    config.listen = *listen;
  }
  if (!flags.upstreams.empty()) config.upstreams.clear();
  for (const std::string& text : flags.upstreams) {
    auto upstream = parse_upstream(text);
    if (!upstream) return flag_error("--upstream", upstream.error());
    config.upstreams.push_back(*std::move(upstream));
  }
  if (!flags.mode.empty()) {
    auto mode = parse_mode(flags.mode);
    if (!mode) return flag_error("--mode", mode.error());
    config.mode = *mode;
  }
  if (flags.rate) {
    if (!(*flags.rate > 0.0F && *flags.rate <= 1.0F)) {
      return Error{ErrorCode::kInvalidArgument, "--rate: must be above 0 and at most 1"};
    }
    config.rate = *flags.rate;
  }
  if (!flags.state.empty()) config.state_dir = flags.state;
  if (!flags.ca_file.empty()) config.ca_file = flags.ca_file;
  if (!flags.policy.empty()) config.champion = flags.policy;
  if (!flags.compressors.empty()) config.compressors = flags.compressors;
  if (!flags.endpoints.empty()) config.daemon_endpoints = flags.endpoints;
  if (!flags.ndjson.empty()) config.daemon_ndjson = flags.ndjson;
  if (flags.workers != 0) config.workers = flags.workers;
  if (!flags.log_level.empty()) config.log_level = flags.log_level;
  if (!flags.log_format.empty()) config.log_format = flags.log_format;
  if (config.state_dir.empty()) config.state_dir = default_state_dir();
  std::set<std::string> names;
  for (const UpstreamConfig& upstream : config.upstreams) {
    if (names.insert(upstream.name).second) continue;
    return Error{ErrorCode::kInvalidArgument,
                 upstream.name.empty()
                     ? "only one upstream can be without a name: the others need NAME=URL"
                     : "two upstreams are called " + upstream.name};
  }
  if (const auto guarded = check_admin_access(config); !guarded) return guarded.error();
  return config;
}

}  // namespace pith
