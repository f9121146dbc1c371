#include "apps/compressd/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace pith {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

ServiceNotifier ServiceNotifier::from_environment() {
  std::optional<std::chrono::microseconds> watchdog;
  const auto us = number(environment("WATCHDOG_USEC"));
  const auto pid = number(environment("WATCHDOG_PID"));
  if (us && *us > 0 && (!pid || *pid == ::getpid())) watchdog = std::chrono::microseconds(*us);
  return {environment("NOTIFY_SOCKET"), watchdog};
}

ServiceNotifier::ServiceNotifier(std::string address,
                                 std::optional<std::chrono::microseconds> watchdog)
    : address_(std::move(address)), watchdog_(watchdog) {}

bool ServiceNotifier::reloading() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return send("RELOADING=1\nMONOTONIC_USEC=" +
              std::to_string(std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000));
}

std::optional<std::chrono::microseconds> ServiceNotifier::watchdog_period() const {
  if (!watchdog_) return std::nullopt;
  return *watchdog_ / 2;
}

bool ServiceNotifier::send(std::string_view state) const {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (address_.empty() || (address_[0] != '/' && address_[0] != '@') ||
      address_.size() >= sizeof name.sun_path) {
    return false;
  }
  std::memcpy(name.sun_path, address_.data(), address_.size());
  if (address_[0] == '@') name.sun_path[0] = '\0';
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const auto name_bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  const ssize_t sent = ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                                reinterpret_cast<const sockaddr*>(&name), name_bytes);
  ::close(fd);
  return sent == static_cast<ssize_t>(state.size());
}

}  // namespace pith
