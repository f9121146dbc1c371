#include "apps/serve/serve.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <zmq.hpp>

#include "apps/compressd/compressor_server.h"
#include "apps/compressd/notify.h"
#include "apps/options/policies.h"
#include "apps/serve/event_log.h"
#include "apps/serve/proxy_process.h"
#include "apps/serve/serve_flags.h"
#include "apps/serve/signals.h"

namespace pith {
namespace {

int exit_with(const Error& error) {
  std::fprintf(stderr, "pith: %s\n", error.detail.c_str());
  return error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kFileUnreadable ||
                 error.code == ErrorCode::kUnknownPolicy
             ? 2
             : 1;
}

/// Waits until told to stop; `reload` runs on SIGHUP. The service manager's watchdog is fed while
/// `responsive` says so.
template <class Reload, class Responsive>
void run_until_stopped(Reload reload, Responsive responsive) {
  const ServiceNotifier notifier = ServiceNotifier::from_environment();
  notifier.ready();
  for (;;) {
    const Signal signal = wait_for_signal(notifier.watchdog_period());
    if (signal == Signal::kStop) break;
    if (signal == Signal::kTick) {
      if (responsive()) notifier.alive();
      continue;
    }
    notifier.reloading();
    reload();
    notifier.ready();
  }
  notifier.stopping();
}

int run_proxy(const ServeFlags& flags, bool alone) {
  block_signals();
  auto config = effective_config(flags);
  if (!config) return exit_with(config.error());
  if (alone && config->compressors.empty()) {
    return exit_with({ErrorCode::kInvalidArgument,
                      "pith proxy needs --compressor ENDPOINT (or compress.compressors); pith "
                      "serve has one inside"});
  }
  if (!alone) config->compressors.clear();
  if (auto started = start_event_log(config->log_level, config->log_format); !started) {
    return exit_with(started.error());
  }
  auto process = ProxyProcess::start(*config);
  if (!process) return exit_with(process.error());
  std::printf("pith: listening on %s\n", (*process)->url().c_str());
  if ((*process)->demonstration()) {
    std::printf(
        "pith: no upstream given; a built-in demonstration upstream answers. For a real one:\n"
        "      pith serve --upstream https://api.openai.com\n");
  }
  std::fflush(stdout);
  run_until_stopped(
      [&] {
        auto fresh = effective_config(flags);
        if (!fresh) {
          log_event(Level::kError, "reload failed; the old configuration stays",
                    {{"reason", fresh.error().detail}});
        } else {
          (*process)->reload(*fresh);
        }
      },
      [&] { return (*process)->responsive(); });
  log_event(Level::kInfo, "stopping");
  (*process)->stop();
  return 0;
}

int run_compressd(const ServeFlags& flags) {
  block_signals();
  auto config = effective_config(flags);
  if (!config) return exit_with(config.error());
  if (auto started = start_event_log(config->log_level, config->log_format); !started) {
    return exit_with(started.error());
  }
  auto models_dir = find_models_dir();
  if (!models_dir) return exit_with(models_dir.error());
  auto policies = load_policies(*config, *models_dir);
  if (!policies) return exit_with(policies.error());
  CompressorServerOptions options;
  options.endpoints = config->daemon_endpoints;
  options.ndjson = config->daemon_ndjson;
  options.models_dir = *models_dir;
  options.limits.workers = config->workers;
  if (options.endpoints.empty() && options.ndjson.empty()) {
    return exit_with({ErrorCode::kInvalidArgument,
                      "pith compressd needs --listen ipc:///PATH (or tcp://127.0.0.1:PORT) or "
                      "--ndjson ADDRESS"});
  }
  zmq::context_t context;
  auto server = CompressorServer::start(context, *policies, options);
  if (!server) return exit_with(server.error());
  for (const std::string& endpoint : (*server)->bound_endpoints()) {
    std::printf("pith: compressing on %s\n", endpoint.c_str());
  }
  if (!(*server)->bound_ndjson().empty())
    std::printf("pith: compressing on %s (JSON lines)\n", (*server)->bound_ndjson().c_str());
  std::fflush(stdout);
  run_until_stopped(
      [&] {
        auto fresh = effective_config(flags);
        auto swapped = fresh ? load_policies(*fresh, *models_dir, policies->get())
                             : Result<std::shared_ptr<const PolicySet>>(fresh.error());
        if (!swapped) {
          log_event(Level::kError, "reload failed; the old policies stay",
                    {{"reason", swapped.error().detail}});
        } else {
          policies = *swapped;
          (*server)->swap_policies(*swapped);
          log_event(Level::kInfo, "policies reloaded",
                    {{"champion", (*swapped)->champion()->name()}});
        }
      },
      [&] { return (*server)->responsive(); });
  log_event(Level::kInfo, "stopping");
  (*server)->stop();
  return 0;
}

}  // namespace

void add_serve(CLI::App& parent, std::function<int()>& run) {
  auto flags = std::make_shared<ServeFlags>();
  CLI::App* app = parent.add_subcommand(
      "serve", "Proxy and compressor in one process: the default way to run Pith");
  add_proxy_flags(*app, *flags);
  add_common_flags(*app, *flags);
  app->callback([&run, flags] { run = [flags] { return run_proxy(*flags, false); }; });
}

void add_proxy(CLI::App& parent, std::function<int()>& run) {
  auto flags = std::make_shared<ServeFlags>();
  CLI::App* app =
      parent.add_subcommand("proxy", "The proxy alone, with compressors in other processes");
  add_proxy_flags(*app, *flags);
  app->add_option("--compressor", flags->compressors,
                  "Endpoint of a pith compressd; repeat for several")
      ->type_name("ENDPOINT")
      ->allow_extra_args(false);
  add_common_flags(*app, *flags);
  app->callback([&run, flags] { run = [flags] { return run_proxy(*flags, true); }; });
}

void add_compressd(CLI::App& parent, std::function<int()>& run) {
  auto flags = std::make_shared<ServeFlags>();
  CLI::App* app = parent.add_subcommand(
      "compressd", "The compressor as a daemon: ZeroMQ and newline-delimited JSON");
  add_daemon_flags(*app, *flags);
  add_common_flags(*app, *flags);
  app->callback([&run, flags] { run = [flags] { return run_compressd(*flags); }; });
}

}  // namespace pith
