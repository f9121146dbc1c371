#include "apps/proxy/request_options.h"

#include <gtest/gtest.h>

namespace pith {
namespace {

const HashKey kKey(std::array<std::uint8_t, 32>{1});

Result<RequestOptions> read(const HeaderList& headers, const Config& config = {},
                            const std::string& target = "/v1/x") {
  RequestHead head;
  head.target = target;
  head.headers = headers;
  head.peer = "127.0.0.1";
  return read_request_options(head, config, kKey);
}

TEST(RequestOptions, HeadersWinOverConfiguration) {
  Config config;
  config.rate = 0.7F;
  EXPECT_FLOAT_EQ(read({}, config)->rate, 0.7F);
  EXPECT_FLOAT_EQ(read({{"X-Pith-Rate", "0.3"}}, config)->rate, 0.3F);
  EXPECT_EQ(read({{"x-pith-mode", "observe"}})->mode, Mode::kObserve);
  EXPECT_EQ(read({{"x-pith-target-tokens", "500"}})->target_tokens, 500U);
}

TEST(RequestOptions, RefusesMalformedHeaders) {
  EXPECT_FALSE(read({{"x-pith-rate", "0"}}));
  EXPECT_FALSE(read({{"x-pith-rate", "nan"}}));
  EXPECT_FALSE(read({{"x-pith-rate", "1.2"}}));
  EXPECT_FALSE(read({{"x-pith-rate", "0.5x"}}));
  EXPECT_FALSE(read({{"x-pith-mode", "ON"}}));
  EXPECT_FALSE(read({{"x-pith-target-tokens", "0"}}));
  EXPECT_FALSE(read({{"x-pith-target-tokens", "-3"}}));
}

TEST(RequestOptions, TenantIsAKeyedHashThatHidesTheKey) {
  const std::string secret = "sk-very-secret-key";
  const auto bearer = read({{"authorization", "Bearer " + secret}});
  const auto header = read({{"x-api-key", secret}});
  const auto query = read({}, {}, "/v1beta/models/m:generateContent?alt=sse&key=" + secret);
  EXPECT_EQ(bearer->tenant, header->tenant);
  EXPECT_EQ(bearer->tenant, query->tenant);
  EXPECT_EQ(bearer->tenant.size(), 32U);
  EXPECT_EQ(bearer->tenant.find("secret"), std::string::npos);
  EXPECT_EQ(read({})->tenant, "default");
  EXPECT_NE(read({{"x-api-key", "other"}})->tenant, header->tenant);
}

TEST(RequestOptions, ConfiguredNameAndTrustedPeerNameTheTenant) {
  Config config;
  // sha256 of "test"
  config.tenants["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"] = "team-a";
  EXPECT_EQ(read({{"x-api-key", "test"}}, config)->tenant, "team-a");
  EXPECT_EQ(read({{"x-pith-tenant", "gateway"}}, config)->tenant, "default");
  config.trusted_peers = {"127.0.0.1"};
  EXPECT_EQ(read({{"x-pith-tenant", "gateway"}}, config)->tenant, "gateway");
}

}  // namespace
}  // namespace pith
