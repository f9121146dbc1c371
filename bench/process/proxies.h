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
  /// Mode off: nothing but a relay.
  const Way& pith() const { return pith_; }
  /// Another one as users have it: bodies of known APIs are read and looked at.
  const Way& pith_looking() const { return looking_; }
  std::string nginx_version() const { return nginx_version_; }

 private:
  void start_nginx(const std::string& program);
  std::unique_ptr<process::Child> start_pith(const std::string& program, const char* mode,
                                             Way& way);
  process::TempDir dir_;
  std::unique_ptr<process::Child> mock_, nginx_child_, pith_child_, looking_child_;
  Way direct_{"direct", 0, "", {}}, nginx_{"nginx", 0, "", {}}, pith_{"pith", 0, "", {}},
      looking_{"pith, on", 0, "", {}};
  std::string error_, nginx_version_;
};

/// Machine in words: CPU model and cores.
std::string machine();

}  // namespace pith::bench
