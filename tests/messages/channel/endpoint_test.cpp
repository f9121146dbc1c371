#include "messages/channel/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

namespace pith {
namespace {

using ::testing::HasSubstr;

class EndpointTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "pith_endpoint_XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(EndpointTest, LoopbackAndInprocAreGood) {
  for (const char* good : {"inproc://x", "tcp://127.0.0.1:5555", "tcp://127.9.8.7:1",
                           "tcp://[::1]:5555", "tcp://localhost:5555", "ipc:///nowhere/x"}) {
    EXPECT_TRUE(check_endpoint(good, EndpointUse::kConnect)) << good;
  }
  EXPECT_TRUE(check_endpoint("tcp://127.0.0.1:*", EndpointUse::kBind));
  EXPECT_FALSE(check_endpoint("tcp://127.0.0.1:*", EndpointUse::kConnect));
}

TEST_F(EndpointTest, TcpBeyondLoopbackNamesCurve) {
  for (const char* far :
       {"tcp://*:5555", "tcp://0.0.0.0:5555", "tcp://10.0.0.1:5555", "tcp://[::]:5555",
        "tcp://127.0.0.1.example.com:5555", "tcp://example.com:5555"}) {
    const auto checked = check_endpoint(far, EndpointUse::kBind);
    ASSERT_FALSE(checked) << far;
    EXPECT_THAT(checked.error().detail,
                HasSubstr("tcp beyond loopback needs CURVE, which is not configured"));
  }
}

TEST_F(EndpointTest, OtherTransportsAndBadPathsAreRefused) {
  for (const char* bad :
       {"", "pgm://x", "udp://127.0.0.1:5", "inproc://", "ipc://", "ipc://@abstract", "ipc://*",
        "tcp://127.0.0.1", "tcp://127.0.0.1:99999", "tcp://127.0.0.1:x"}) {
    EXPECT_FALSE(check_endpoint(bad, EndpointUse::kBind)) << bad;
  }
  EXPECT_FALSE(
      check_endpoint("ipc://" + folder_ + "/" + std::string(120, 'x'), EndpointUse::kBind));
}

TEST_F(EndpointTest, BindMakesAPrivateDirectory) {
  ASSERT_TRUE(check_endpoint("ipc://" + folder_ + "/a/b/socket", EndpointUse::kBind));
  struct stat status {};
  ASSERT_EQ(::stat((folder_ + "/a/b").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(EndpointTest, BindRefusesADirectoryOpenToOthers) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  const auto checked = check_endpoint("ipc://" + folder_ + "/socket", EndpointUse::kBind);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().detail, HasSubstr("0700"));
}

TEST(ParseHostPort, ReadsNamesAndBothFamilies) {
  EXPECT_EQ(parse_host_port("127.0.0.1:80")->port, 80);
  EXPECT_EQ(parse_host_port("[::1]:0")->host, "::1");
  for (const char* bad : {"", ":80", "x", "x:", "x:-1", "x:65536", "x:1x", "::1:80"}) {
    EXPECT_FALSE(parse_host_port(bad)) << bad;
  }
}

}  // namespace
}  // namespace pith
