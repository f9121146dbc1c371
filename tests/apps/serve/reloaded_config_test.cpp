#include "apps/serve/reloaded_config.h"

#include <gtest/gtest.h>

namespace pith {
namespace {

TEST(CheckAdminAccess, AsksForATokenBeyondLoopback) {
  Config config;
  EXPECT_TRUE(check_admin_access(config));
  config.listen.host = "0.0.0.0";
  EXPECT_FALSE(check_admin_access(config));
  config.admin_listen = "127.0.0.1:9000";
  EXPECT_TRUE(check_admin_access(config));
  config.admin_listen = "0.0.0.0:9000";
  EXPECT_FALSE(check_admin_access(config));
  config.admin_listen = "not an address";
  EXPECT_FALSE(check_admin_access(config));
  config.admin_listen.clear();
  config.admin_token = "secret";
  EXPECT_TRUE(check_admin_access(config));
}

TEST(ReloadedConfig, TakesTheDialsAndKeepsTheSockets) {
  Config running;
  running.listen = {"127.0.0.1", 9};
  running.state_dir = "/state";
  running.upstreams.push_back(*parse_upstream("http://127.0.0.1:1"));
  Config fresh;
  fresh.rate = 0.3F;
  fresh.listen = {"127.0.0.1", 10};
  fresh.admin_listen = "127.0.0.1:11";
  const auto taken = reloaded_config(running, fresh);
  ASSERT_TRUE(taken);
  EXPECT_FLOAT_EQ(taken->rate, 0.3F);
  EXPECT_EQ(taken->listen.port, 9);
  EXPECT_EQ(taken->admin_listen, "");
  EXPECT_EQ(taken->state_dir, "/state");
  EXPECT_EQ(taken->upstreams.size(), 1U);
}

TEST(ReloadedConfig, AnOpenListenerDoesNotLoseItsToken) {
  Config running;
  running.listen.host = "0.0.0.0";
  running.admin_token = "secret";
  EXPECT_FALSE(reloaded_config(running, Config{})) << "fine on loopback, but the socket is open";
  Config other;
  other.admin_token = "another";
  EXPECT_TRUE(reloaded_config(running, other));
}

}  // namespace
}  // namespace pith
