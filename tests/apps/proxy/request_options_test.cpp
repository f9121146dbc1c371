#include "apps/proxy/request_options.h"

#include <gtest/gtest.h>

namespace pith {
namespace {

const HashKey kKey(std::array<std::uint8_t, 32>{1});

RequestOptions read(const HeaderList& headers, const Config& config = {},
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
  EXPECT_FLOAT_EQ(read({}, config).rate, 0.7F);
  EXPECT_FLOAT_EQ(read({{"X-Pith-Rate", "0.3"}}, config).rate, 0.3F);
  EXPECT_EQ(read({{"x-pith-mode", "observe"}}).mode, Mode::kObserve);
  EXPECT_EQ(read({{"x-pith-target-tokens", "500"}}).target_tokens, 500U);
}

TEST(RequestOptions, MalformedHeaderIsNamedAndTurnsCompressionOff) {
  const std::pair<const char*, const char*> cases[] = {
      {"x-pith-rate", "0"},
      {"x-pith-rate", "nan"},
      {"x-pith-rate", "1.2"},
      {"x-pith-rate", "0.5x"},
      {"x-pith-rate", "-0.5"},
      {"x-pith-rate", "0x1p-1"},
      {"x-pith-mode", "ON"},
      {"x-pith-target-tokens", "0"},
      {"x-pith-target-tokens", "-3"},
      {"x-pith-query", "\xff"},
      {"x-pith-target-tokens", "4294967296"},
  };
  for (const auto& [name, value] : cases) {
    const RequestOptions options = read({{name, value}, {"x-pith-conversation", "c"}});
    EXPECT_EQ(options.problem.find(name), 0U) << name << ": " << value;
    EXPECT_EQ(options.mode, Mode::kOff) << name << ": " << value;
    EXPECT_EQ(options.conversation, "c") << "still the same conversation";
  }
  EXPECT_TRUE(read({{"x-pith-rate", "0.5"}}).problem.empty());
}

TEST(RequestOptions, LongQueryIsCutBeforeACharacter) {
  const std::string query = std::string(3999, 'q') + "\u00e9";
  EXPECT_EQ(read({{"x-pith-query", query}}).query, std::string(3999, 'q'));
}

TEST(RequestOptions, LongNamesStayApart) {
  Config config;
  config.trusted_peers = {"127.0.0.1"};
  const std::string stem(64, 't');
  EXPECT_NE(read({{"x-pith-tenant", stem + "1"}}, config).tenant,
            read({{"x-pith-tenant", stem + "2"}}, config).tenant);
  const std::string name(300, 'c');
  EXPECT_NE(read({{"x-pith-conversation", name + "1"}}).conversation,
            read({{"x-pith-conversation", name + "2"}}).conversation);
}

TEST(RequestOptions, TenantIsAKeyedHashThatHidesTheKey) {
  const std::string secret = "sk-very-secret-key";
  const auto bearer = read({{"authorization", "Bearer " + secret}});
  const auto header = read({{"x-api-key", secret}});
  const auto query = read({}, {}, "/v1beta/models/m:generateContent?alt=sse&key=" + secret);
  EXPECT_EQ(bearer.tenant, header.tenant);
  EXPECT_EQ(bearer.tenant, query.tenant);
  EXPECT_EQ(bearer.tenant.size(), 32U);
  EXPECT_EQ(bearer.tenant.find("secret"), std::string::npos);
  EXPECT_EQ(read({}).tenant, "default");
  EXPECT_NE(read({{"x-api-key", "other"}}).tenant, header.tenant);
}

TEST(RequestOptions, ConfiguredNameAndTrustedPeerNameTheTenant) {
  Config config;
  // sha256 of "test"
  config.tenants["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"] = "team-a";
  EXPECT_EQ(read({{"x-api-key", "test"}}, config).tenant, "team-a");
  EXPECT_EQ(read({{"x-pith-tenant", "gateway"}}, config).tenant, "default");
  config.trusted_peers = {"127.0.0.1"};
  EXPECT_EQ(read({{"x-pith-tenant", "gateway"}}, config).tenant, "gateway");
}

}  // namespace
}  // namespace pith
