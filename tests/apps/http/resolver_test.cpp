#include "apps/http/resolver.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <atomic>
#include <future>
#include <thread>

#include "apps/http/upstream_plan.h"

namespace pith {
namespace {

using namespace std::chrono_literals;

SocketAddress numbered(std::uint16_t number) {
  SocketAddress address;
  address.storage.ss_family = AF_INET;
  reinterpret_cast<sockaddr_in&>(address.storage).sin_port = number;
  address.length = sizeof(sockaddr_in);
  return address;
}

std::uint16_t number_of(const SocketAddress& address) {
  return reinterpret_cast<const sockaddr_in&>(address.storage).sin_port;
}

Resolver::Addresses addresses_of(std::vector<std::uint16_t> numbers) {
  auto list = std::make_shared<std::vector<SocketAddress>>();
  for (const std::uint16_t number : numbers) list->push_back(numbered(number));
  return list;
}

Result<Resolver::Addresses> resolve(Resolver& resolver, const std::string& host) {
  std::promise<Result<Resolver::Addresses>> promise;
  resolver.resolve(host, 1,
                   [&](Result<Resolver::Addresses> found) { promise.set_value(std::move(found)); });
  return promise.get_future().get();
}

TEST(Resolver, LooksUpOnceForAllWhoWait) {
  std::atomic<int> num_lookups{0};
  std::promise<void> go;
  const auto gone = go.get_future().share();
  const auto resolver =
      std::make_shared<Resolver>(1h, [&, gone](const std::string&, std::uint16_t) {
        ++num_lookups;
        gone.wait();
        return Result<Resolver::Addresses>(addresses_of({1}));
      });
  std::atomic<int> num_answers{0};
  for (int i = 0; i < 5; ++i) {
    resolver->resolve(
        "a", 1, [&](const Result<Resolver::Addresses>& found) { num_answers += found ? 1 : 100; });
  }
  EXPECT_EQ(num_answers, 0);
  go.set_value();
  while (num_answers < 5) std::this_thread::yield();
  EXPECT_TRUE(resolve(*resolver, "a"));
  EXPECT_EQ(num_lookups, 1);
}

TEST(Resolver, OldAnswersServeWhileTheyAreRenewed) {
  // Shared: the last renewal may still be under way when the test is over.
  const auto num_lookups = std::make_shared<std::atomic<std::uint16_t>>(0);
  const auto resolver =
      std::make_shared<Resolver>(0ms, [num_lookups](const std::string&, std::uint16_t) {
        const std::uint16_t number = ++*num_lookups;
        if (number >= 3) return Result<Resolver::Addresses>(ErrorCode::kUnavailable, "gone");
        return Result<Resolver::Addresses>(addresses_of({number}));
      });
  EXPECT_EQ(number_of((*resolve(*resolver, "a"))->front()), 1);
  std::this_thread::sleep_for(2ms);
  EXPECT_EQ(number_of((*resolve(*resolver, "a"))->front()), 1) << "at once, from the cache";
  while (*num_lookups < 2) std::this_thread::yield();
  std::this_thread::sleep_for(20ms);
  resolver->resolve("a", 1, [](const Result<Resolver::Addresses>& found) {
    EXPECT_EQ(number_of((*found)->front()), 2);
  });
  while (*num_lookups < 3) std::this_thread::yield();
  std::this_thread::sleep_for(20ms);
  EXPECT_TRUE(resolve(*resolver, "a")) << "a failed renewal keeps what is known";
}

TEST(Resolver, FailuresAreToldAndNotKept) {
  std::atomic<int> num_lookups{0};
  const auto resolver = std::make_shared<Resolver>(1h, [&](const std::string&, std::uint16_t) {
    return ++num_lookups == 1 ? Result<Resolver::Addresses>(ErrorCode::kUnavailable, "no")
                              : Result<Resolver::Addresses>(addresses_of({7}));
  });
  EXPECT_FALSE(resolve(*resolver, "a"));
  EXPECT_TRUE(resolve(*resolver, "a"));
}

TEST(Resolver, PrefersTheAddressThatAnswered) {
  const auto resolver = std::make_shared<Resolver>(1h, [](const std::string&, std::uint16_t) {
    return Result<Resolver::Addresses>(addresses_of({1, 2, 3}));
  });
  ASSERT_TRUE(resolve(*resolver, "a"));
  resolver->prefer("a", 1, numbered(3));
  const auto found = resolve(*resolver, "a");
  EXPECT_EQ(number_of((**found)[0]), 3);
  EXPECT_EQ(number_of((**found)[1]), 1);
}

TEST(BypassesProxy, ReadsNoProxyAsOthersDo) {
  EXPECT_TRUE(bypasses_proxy("localhost", 80, ""));
  EXPECT_TRUE(bypasses_proxy("127.0.0.5", 80, ""));
  EXPECT_TRUE(bypasses_proxy("::1", 80, ""));
  EXPECT_FALSE(bypasses_proxy("api.openai.com", 443, ""));
  EXPECT_TRUE(bypasses_proxy("api.openai.com", 443, "*"));
  EXPECT_TRUE(bypasses_proxy("api.openai.com", 443, "a.b, OpenAI.com"));
  EXPECT_TRUE(bypasses_proxy("api.openai.com", 443, ".openai.com"));
  EXPECT_TRUE(bypasses_proxy("api.openai.com", 443, "*.openai.com"));
  EXPECT_FALSE(bypasses_proxy("notopenai.com", 443, "openai.com"));
  EXPECT_TRUE(bypasses_proxy("h.test", 8080, "h.test:8080"));
  EXPECT_FALSE(bypasses_proxy("h.test", 8081, "h.test:8080"));
  EXPECT_TRUE(bypasses_proxy("10.1.2.3", 80, "10.0.0.0/8"));
  EXPECT_FALSE(bypasses_proxy("11.1.2.3", 80, "10.0.0.0/8"));
  EXPECT_TRUE(bypasses_proxy("192.168.1.9", 80, "192.168.1.9"));
  EXPECT_TRUE(bypasses_proxy("fd00::1", 80, "fd00::/8"));
}

TEST(PlanUpstream, NamesHostAndPrefix) {
  Upstream upstream;
  upstream.host = "api.test";
  upstream.port = 443;
  upstream.tls = true;
  upstream.path_prefix = "/openai";
  EdgeOptions options;
  EXPECT_EQ(plan_upstream(upstream, options)->host_header, "api.test");
  upstream.port = 8443;
  EXPECT_EQ(plan_upstream(upstream, options)->host_header, "api.test:8443");
  upstream.host = "fd00::1";
  EXPECT_EQ(plan_upstream(upstream, options)->host_header, "[fd00::1]:8443");
  options.https_proxy = "proxy.test:3128";
  const auto through = plan_upstream(upstream, options);
  EXPECT_EQ(through->connect_host, "proxy.test");
  EXPECT_EQ(through->connect_port, 3128);
  EXPECT_EQ(through->authority, "[fd00::1]:8443");
  for (const char* bad :
       {"https://proxy.test", "socks5://p:1", "http://p:x", "http://p:0", "http://"}) {
    options.https_proxy = bad;
    EXPECT_FALSE(plan_upstream(upstream, options)) << bad;
  }
}

}  // namespace
}  // namespace pith
