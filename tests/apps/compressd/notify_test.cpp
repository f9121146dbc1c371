#include "apps/compressd/notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace pith {
namespace {

/// What systemd holds at the other end.
class FakeServiceManager {
 public:
  explicit FakeServiceManager(const std::string& address) : fd_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, address.data(), address.size());
    if (address[0] == '@') name.sun_path[0] = '\0';
    const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&name), bytes), 0);
  }
  ~FakeServiceManager() { ::close(fd_); }
  std::string heard() {
    char buffer[256];
    const ssize_t bytes = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
    return bytes < 0 ? "" : std::string(buffer, static_cast<std::size_t>(bytes));
  }

 private:
  int fd_;
};

TEST(ServiceNotifier, SpeaksToAPathAndToTheAbstractNamespace) {
  const std::string pid = std::to_string(::getpid());
  const std::string path = ::testing::TempDir() + "pith_notify_" + pid;
  for (const std::string& address : {path, "@pith_notify_" + pid}) {
    FakeServiceManager manager(address);
    const ServiceNotifier notifier(address, std::chrono::microseconds(3'000'000));
    EXPECT_TRUE(notifier.ready());
    EXPECT_EQ(manager.heard(), "READY=1");
    EXPECT_TRUE(notifier.alive());
    EXPECT_EQ(manager.heard(), "WATCHDOG=1");
    EXPECT_TRUE(notifier.reloading());
    EXPECT_EQ(manager.heard().rfind("RELOADING=1\nMONOTONIC_USEC=", 0), 0U);
    EXPECT_TRUE(notifier.stopping());
    EXPECT_EQ(manager.heard(), "STOPPING=1");
    EXPECT_EQ(notifier.watchdog_period(), std::chrono::microseconds(1'500'000));
  }
  ::unlink(path.c_str());
}

TEST(ServiceNotifier, IsSilentWithoutAServiceManager) {
  const ServiceNotifier none({}, std::nullopt);
  EXPECT_FALSE(none.ready());
  EXPECT_EQ(none.watchdog_period(), std::nullopt);
  EXPECT_FALSE(ServiceNotifier("relative", std::nullopt).ready());
  EXPECT_FALSE(ServiceNotifier("/nowhere/at/all", std::nullopt).ready());
}

TEST(ServiceNotifier, ReadsTheEnvironment) {
  ::setenv("NOTIFY_SOCKET", "@x", 1);
  ::setenv("WATCHDOG_USEC", "1000000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(ServiceNotifier::from_environment().watchdog_period(), std::nullopt)
      << "meant for another process";
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(ServiceNotifier::from_environment().watchdog_period(),
            std::chrono::microseconds(500'000));
  ::setenv("WATCHDOG_USEC", "nonsense", 1);
  EXPECT_EQ(ServiceNotifier::from_environment().watchdog_period(), std::nullopt);
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
}

}  // namespace
}  // namespace pith
