#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>

#include "apps/options/config.h"
#include "apps/options/policies.h"
#include "apps/serve/serve.h"
#include "apps/serve/serve_flags.h"
#include "stages/score/encoder_policy.h"
#include "stages/tokenize/token_counter.h"

namespace pith {
namespace {

/// Prints findings and remembers whether one was bad.
class Report {
 public:
  void good(const std::string& what) { line("ok   ", "32", what); }
  void note(const std::string& what) { line("note ", "33", what); }
  void bad(const std::string& what) {
    line("wrong", "31", what);
    ok_ = false;
  }
  bool ok() const { return ok_; }

 private:
  void line(const char* mark, const char* color, const std::string& what) const {
    if (color_) {
      std::printf("\033[%sm%s\033[0m  %s\n", color, mark, what.c_str());
    } else {
      std::printf("%s  %s\n", mark, what.c_str());
    }
  }
  bool color_ = isatty(STDOUT_FILENO) != 0;
  bool ok_ = true;
};

/// Connects within three seconds. Empty: reachable; else why not.
std::string try_connect(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
      error != 0) {
    return gai_strerror(error);
  }
  std::string reason = "no address";
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    const int fd = ::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    int error = ::connect(fd, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      pollfd wait{fd, POLLOUT, 0};
      error = ::poll(&wait, 1, 3000) == 1 ? 0 : ETIMEDOUT;
      socklen_t length = sizeof error;
      if (error == 0) ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    }
    ::close(fd);
    if (error == 0) {
      reason.clear();
      break;
    }
    reason = std::strerror(error);
  }
  freeaddrinfo(found);
  return reason;
}

void check_models(Report& report, const Config& config) {
  auto models_dir = find_models_dir();
  if (!models_dir) return report.bad(models_dir.error().detail);
  report.good("models: " + *models_dir);
  for (const char* name : {"o200k_base", "cl100k_base"}) {
    if (auto counter = load_token_counter(name, *models_dir); !counter)
      report.bad(counter.error().detail);
  }
  auto policies = load_policies(config, *models_dir);
  if (!policies) return report.bad("policies: " + policies.error().detail);
  for (const auto& policy : (*policies)->all()) {
    const bool champion = policy == (*policies)->champion();
    const auto* encoder = dynamic_cast<const EncoderPolicy*>(policy.get());
    report.good("policy: " + policy->name() + " " + policy->id().substr(0, 12) +
                (champion ? " (champion)" : "") +
                (encoder != nullptr ? "; " + encoder->encoder().products() : ""));
  }
}

void check_state(Report& report, const Config& config) {
  struct stat info {};
  if (::stat(config.state_dir.c_str(), &info) != 0) {
    return report.note("state: " + config.state_dir + " will be made at the first start");
  }
  if (!S_ISDIR(info.st_mode))
    return report.bad("state: " + config.state_dir + " is not a directory");
  if ((info.st_mode & 077U) != 0)
    report.bad("state: " + config.state_dir + " can be read by others; chmod 700");
  if (::access(config.state_dir.c_str(), W_OK) != 0)
    return report.bad("state: " + config.state_dir + " cannot be written");
  report.good("state: " + config.state_dir);
}

void check_network(Report& report, const Config& config) {
  const std::string listen = config.listen.host + ":" + std::to_string(config.listen.port);
  if (config.listen.port != 0 && try_connect(config.listen.host, config.listen.port).empty()) {
    report.note("listen: something answers on " + listen + " (Pith itself, if it runs)");
  } else {
    report.good("listen: " + listen + " is free");
  }
  if (config.upstreams.empty()) {
    report.note("upstream: none; pith serve would answer with its demonstration upstream");
  }
  for (const UpstreamConfig& upstream : config.upstreams) {
    const std::string name =
        "upstream: " + (upstream.name.empty() ? "" : "/" + upstream.name + "/ -> ") + upstream.url;
    const std::string reason = try_connect(upstream.host, upstream.port);
    if (reason.empty()) {
      report.good(name + " is reachable");
    } else {
      report.bad(name + ": " + reason);
    }
  }
  for (const char* variable : {"HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"}) {
    if (const char* value = std::getenv(variable); value != nullptr) {
      report.note(std::string(variable) +
                  " is set: TLS upstreams are reached through it where it applies");
    }
  }
}

std::string cpu_features() {
  std::string found;
#if defined(__x86_64__)
  __builtin_cpu_init();
  const auto add = [&](bool has, const char* name) {
    if (has) found += std::string(found.empty() ? "" : " ") + name;
  };
  add(__builtin_cpu_supports("sse4.2") != 0, "sse4.2");
  add(__builtin_cpu_supports("avx2") != 0, "avx2");
  add(__builtin_cpu_supports("fma") != 0, "fma");
  add(__builtin_cpu_supports("avx512f") != 0, "avx512f");
  add(__builtin_cpu_supports("avx512vnni") != 0, "avx512vnni");
  add(__builtin_cpu_supports("avx512bf16") != 0, "avx512bf16");
#else
  found = "generic";
#endif
  return found;
}

int run_doctor(const ServeFlags& flags) {
  Report report;
  std::printf("pith " PITH_VERSION "\n");
  auto config = effective_config(flags);
  if (!config) {
    report.bad(config.error().detail);
    return 2;
  }
  report.good(config->file.empty() ? "configuration: defaults" : "configuration: " + config->file);
  report.good("mode: " + std::string(to_string(config->mode)));
  report.good("cpu: " + cpu_features());
  check_models(report, *config);
  check_state(report, *config);
  check_network(report, *config);
  for (const std::string& endpoint : config->compressors) report.note("compressor: " + endpoint);
  return report.ok() ? 0 : 1;
}

}  // namespace

void add_doctor(CLI::App& parent, std::function<int()>& run) {
  auto flags = std::make_shared<ServeFlags>();
  CLI::App* app =
      parent.add_subcommand("doctor", "Check a set-up: configuration, models, state, network, CPU");
  add_proxy_flags(*app, *flags);
  add_common_flags(*app, *flags);
  app->callback([&run, flags] { run = [flags] { return run_doctor(*flags); }; });
}

}  // namespace pith
