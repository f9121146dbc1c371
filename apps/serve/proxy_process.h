// Everything behind `pith serve` and `pith proxy`, started and stopped in order.
#pragma once

#include <memory>
#include <string>

#include "apps/options/config.h"
#include "messages/result.h"

namespace pith {

class ProxyProcess {
 public:
  /// Opens state, policies and sockets, and listens. Errors: what is wrong, for stderr; exit 2 when
  /// kInvalidArgument.
  static Result<std::unique_ptr<ProxyProcess>> start(Config config);
  ~ProxyProcess();  ///< stop()

  /// "http://127.0.0.1:8080"
  const std::string& url() const;
  bool demonstration() const;
  /// False when the compressor inside hangs: what a watchdog asks.
  bool responsive() const;
  /// Reads the configuration again; listeners, upstreams and state keep what they have.
  void reload(const Config& config);
  /// Drains and stops.
  void stop();

 private:
  class Impl;
  explicit ProxyProcess(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pith
