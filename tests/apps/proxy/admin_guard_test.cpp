#include "apps/proxy/admin_guard.h"

#include <gtest/gtest.h>

namespace pith {
namespace {

unsigned refusal(const HeaderList& headers, std::string_view path, const Config& config = {}) {
  RequestHead head;
  head.headers = headers;
  std::string reason;
  const unsigned status = refuse_admin(head, path, config, reason);
  EXPECT_EQ(status == 0, reason.empty());
  return status;
}

TEST(AdminGuard, TakesAddressesAndLocalhost) {
  for (const char* host :
       {"127.0.0.1:8080", "127.0.0.1", "[::1]:8080", "localhost:8080", "10.1.2.3:80"}) {
    EXPECT_EQ(refusal({{"Host", host}}, "/pith/v1/stats"), 0U) << host;
  }
}

TEST(AdminGuard, RefusesNamesThatCouldBeRebound) {
  EXPECT_EQ(refusal({{"host", "evil.example:8080"}}, "/pith/v1/stats"), 403U);
  EXPECT_EQ(refusal({}, "/metrics"), 403U);
  Config config;
  config.admin_hosts = {"pith.corp.example"};
  EXPECT_EQ(refusal({{"host", "pith.corp.example"}}, "/pith/v1/stats", config), 0U);
}

TEST(AdminGuard, RefusesOtherOrigins) {
  EXPECT_EQ(refusal({{"host", "localhost:8080"}, {"origin", "http://localhost:8080"}},
                    "/pith/v1/compress"),
            0U);
  EXPECT_EQ(
      refusal({{"host", "localhost:8080"}, {"origin", "http://evil.example"}}, "/pith/v1/compress"),
      403U);
  EXPECT_EQ(refusal({{"host", "localhost:8080"}, {"origin", "null"}}, "/pith/v1/compress"), 403U);
}

TEST(AdminGuard, AsksForTheTokenWhereOneIsConfigured) {
  Config config;
  config.admin_token = "correct horse";
  const std::pair<std::string, std::string> host{"host", "127.0.0.1"};
  EXPECT_EQ(refusal({host}, "/metrics", config), 401U);
  EXPECT_EQ(refusal({host, {"authorization", "Bearer correct horsf"}}, "/metrics", config), 401U);
  EXPECT_EQ(refusal({host, {"authorization", "Bearer correct horse"}}, "/metrics", config), 0U);
  EXPECT_EQ(refusal({host, {"x-pith-admin-token", "correct horse"}}, "/pith/v1/stats", config), 0U);
  EXPECT_EQ(refusal({host}, "/v1/compress", config), 0U);
}

}  // namespace
}  // namespace pith
