// What is measured: nobody between client and upstream, nginx, and pith, all in front of one mock
// upstream.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/process/harness/process.h"

namespace pith::bench {

struct Programs {
  std::string pith, mock, nginx;  ///< No nginx: it is not started.
};

/// One way from the client to the upstream.
struct Way {
  std::string name;
  std::uint16_t port = 0;
  std::string headers;      ///< That requests of this way carry.
  std::vector<pid_t> pids;  ///< Of the proxy; empty for direct.
  long cpu_us() const;
  long resident_kib() const;
};

class Proxies {
 public:
  /// Starts everything; error() says what did not start.
  explicit Proxies(const Programs& programs);
  const std::string& error() const { return error_; }
  const Way& direct() const { return direct_; }
  const Way& nginx() const { return nginx_; }
  const Way& pith() const { return pith_; }
  /// Configured as for users, with x-pith-mode on: bodies are read, looked at, found too short.
  Way pith_looking() const;
  std::string nginx_version() const { return nginx_version_; }

 private:
  void start_nginx(const std::string& program);
  process::TempDir dir_;
  std::unique_ptr<process::Child> mock_, nginx_child_, pith_child_;
  Way direct_{"direct", 0, "", {}}, nginx_{"nginx", 0, "", {}},
      pith_{"pith", 0, "x-pith-mode: off\r\n", {}};
  std::string error_, nginx_version_;
};

/// Machine in words: CPU model and cores.
std::string machine();

}  // namespace pith::bench
