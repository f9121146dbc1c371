// What systemd wants to hear from a service (sd_notify(3)), without libsystemd.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pith {

/// Sends datagrams to $NOTIFY_SOCKET; does nothing when the program was not started by a service
/// manager.
class ServiceNotifier {
 public:
  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
  static ServiceNotifier from_environment();
  /// `address`: a path, or "@name" for the abstract namespace; empty: none.
  ServiceNotifier(std::string address, std::optional<std::chrono::microseconds> watchdog);

  bool ready() const { return send("READY=1"); }
  bool reloading() const;
  bool stopping() const { return send("STOPPING=1"); }
  /// To be sent once per watchdog_period(), and only while the program does its work.
  bool alive() const { return send("WATCHDOG=1"); }
  /// Half of WATCHDOG_USEC; nullopt: no watchdog is set.
  std::optional<std::chrono::microseconds> watchdog_period() const;

 private:
  bool send(std::string_view state) const;

  std::string address_;
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace pith
