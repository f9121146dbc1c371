#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <simdjson.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <zmq.hpp>

#include "apps/compressd/compressor_server.h"
#include "messages/channel/endpoint.h"
#include "tests/graph/fake_policy.h"

namespace pith {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class LineClient {
 public:
  explicit LineClient(const std::string& bound) {
    if (bound.starts_with("unix:")) {
      fd_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
      sockaddr_un name{};
      name.sun_family = AF_UNIX;
      bound.copy(name.sun_path, sizeof name.sun_path - 1, 5);
      connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0;
    } else {
      fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
      sockaddr_in name{};
      name.sin_family = AF_INET;
      name.sin_port = htons(parse_host_port(bound)->port);
      name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0;
    }
  }
  ~LineClient() { ::close(fd_); }
  bool connected() const { return connected_; }
  void write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      ASSERT_GT(sent, 0);
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// False when nothing more can be written within `wait_ms`.
  bool writable(int wait_ms) {
    pollfd item{fd_, POLLOUT, 0};
    return ::poll(&item, 1, wait_ms) == 1;
  }
  ssize_t write_some(std::string_view text) {
    return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  void end_input() { ::shutdown(fd_, SHUT_WR); }
  /// The next line without its end; "<end>" when the server closed, "<late>" after five seconds.
  std::string line() {
    for (;;) {
      if (const std::size_t end = in_.find('\n'); end != std::string::npos) {
        std::string line = in_.substr(0, end);
        in_.erase(0, end + 1);
        return line;
      }
      pollfd item{fd_, POLLIN, 0};
      if (::poll(&item, 1, 5000) != 1) return "<late>";
      char buffer[65536];
      const ssize_t bytes = ::recv(fd_, buffer, sizeof buffer, 0);
      if (bytes <= 0) return "<end>";
      in_.append(buffer, static_cast<std::size_t>(bytes));
    }
  }

 private:
  int fd_ = -1;
  bool connected_ = false;
  std::string in_;
};

class NdjsonServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "pith_ndjson_XXXXXX";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }
  Result<std::unique_ptr<CompressorServer>> open(const std::string& address,
                                                 CompressLimits limits = {.workers = 1}) {
    return CompressorServer::start(
        context_, set_of({policy_}),
        {.endpoints = {}, .ndjson = address, .models_dir = PITH_MODELS, .limits = limits});
  }
  void start(const std::string& address, CompressLimits limits = {.workers = 1}) {
    auto started = open(address, limits);
    ASSERT_TRUE(started) << started.error().detail;
    server_ = std::move(*started);
  }
  LineClient client() { return LineClient(server_->bound_ndjson()); }

  std::string folder_;
  zmq::context_t context_;
  std::shared_ptr<FakePolicy> policy_ = std::make_shared<FakePolicy>("fake");
  std::unique_ptr<CompressorServer> server_;
};

std::string request_line(int id, int num_words = 20) {
  return R"({"id":)" + std::to_string(id) + R"(,"context":")" + prose("first", num_words) +
         R"(","options":{"rate":0.5}})" + "\n";
}

TEST_F(NdjsonServerTest, AnswersOverUnixAndTcp) {
  for (const std::string& address :
       {"unix:" + folder_ + "/sub/socket", std::string("127.0.0.1:0")}) {
    start(address);
    LineClient client = this->client();
    ASSERT_TRUE(client.connected()) << address;
    client.write(request_line(7));
    const std::string line = client.line();
    simdjson::dom::parser parser;
    simdjson::dom::element answer;
    ASSERT_EQ(parser.parse(line).get(answer), simdjson::SUCCESS) << line;
    EXPECT_EQ(std::int64_t(answer["id"]), 7);
    EXPECT_LT(std::uint64_t(answer["compressed_tokens"]), std::uint64_t(answer["origin_tokens"]));
    EXPECT_EQ(std::string_view(answer["policy"]), policy_->id());
    server_.reset();
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/sub/socket"))
      << "the socket is removed at the end";
}

TEST_F(NdjsonServerTest, TheUnixSocketIsForThisUserAlone) {
  start("unix:" + folder_ + "/sub/socket");
  struct stat status {};
  ASSERT_EQ(::stat((folder_ + "/sub/socket").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat((folder_ + "/sub").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(NdjsonServerTest, RefusesWhatIsNotLoopbackTakenOrNotASocket) {
  EXPECT_FALSE(open("0.0.0.0:0"));
  EXPECT_FALSE(open("example.com:80"));
  EXPECT_FALSE(open("nonsense"));
  EXPECT_FALSE(open("unix:"));
  std::ofstream(folder_ + "/file") << "x";
  EXPECT_FALSE(open("unix:" + folder_ + "/file"));
  start("unix:" + folder_ + "/socket");
  EXPECT_FALSE(open("unix:" + folder_ + "/socket")) << "another server listens on it";
}

TEST_F(NdjsonServerTest, ReplacesASocketThatNobodyListensOn) {
  const std::string path = folder_ + "/socket";
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  ::close(fd);
  start("unix:" + path);
  LineClient client = this->client();
  client.write(request_line(1));
  EXPECT_THAT(client.line(), HasSubstr("compressed_prompt"));
}

TEST_F(NdjsonServerTest, AnswersInOrderAndGoesOnAfterBadLines) {
  start("127.0.0.1:0", {.workers = 2});
  LineClient client = this->client();
  std::string text;
  for (int i = 0; i < 300; ++i)
    text += i % 10 == 3 ? "{\"id\":" + std::to_string(i) + ",\"context\":1}\n"
                        : request_line(i, 5 + i % 40);
  text += "\n  \r\nnot json\n";
  std::thread writer([&] { client.write(text); });
  for (int i = 0; i < 300; ++i) {
    const std::string line = client.line();
    EXPECT_THAT(line, ::testing::StartsWith("{\"id\":" + std::to_string(i) + ",")) << i;
    EXPECT_EQ(line.find("\"error\"") != std::string::npos, i % 10 == 3) << line;
  }
  EXPECT_THAT(client.line(), HasSubstr("\"error\""));
  writer.join();
  EXPECT_EQ(server_->counters().lines.load(), 301U);
  EXPECT_EQ(server_->counters().bad_lines.load(), 31U);
}

TEST_F(NdjsonServerTest, AFullGraphMakesClientsWaitInsteadOfFailing) {
  policy_->takes_ = 1ms;
  start("127.0.0.1:0", {.in_flight_max = 1, .workers = 1});
  LineClient one = client();
  LineClient two = client();
  for (int i = 0; i < 30; ++i) {
    one.write(request_line(i));
    two.write(request_line(i));
  }
  for (int i = 0; i < 30; ++i) {
    EXPECT_THAT(one.line(), HasSubstr("compressed_prompt"));
    EXPECT_THAT(two.line(), HasSubstr("compressed_prompt"));
  }
}

TEST_F(NdjsonServerTest, ALastLineNeedsNoLineEndAndHalfCloseIsAnswered) {
  start("127.0.0.1:0");
  LineClient client = this->client();
  client.write(request_line(1));
  std::string last = request_line(2);
  last.pop_back();
  client.write(last);
  client.end_input();
  EXPECT_THAT(client.line(), HasSubstr("\"id\":1"));
  EXPECT_THAT(client.line(), HasSubstr("\"id\":2"));
  EXPECT_EQ(client.line(), "<end>");
}

TEST_F(NdjsonServerTest, AClientThatDoesNotReadIsNotReadFrom) {
  start("127.0.0.1:0");
  LineClient slow = client();
  const std::string line = request_line(1, 4000);
  std::size_t written = 0;
  // A megabyte of answers and the kernel's buffers fill up; then the writing must stall.
  while (slow.writable(300) && written < (64U << 20U)) {
    const ssize_t bytes = slow.write_some(std::string_view(line).substr(written % line.size()));
    if (bytes > 0) written += static_cast<std::size_t>(bytes);
  }
  EXPECT_LT(written, 64U << 20U);
  LineClient other = client();
  other.write(request_line(2));
  EXPECT_THAT(other.line(), HasSubstr("\"id\":2"));
}

TEST_F(NdjsonServerTest, ALineThatIsTooLongIsAnErrorAndTheNextOneIsAnswered) {
  start("127.0.0.1:0");
  LineClient client = this->client();
  const std::string chunk(1U << 20U, 'x');
  for (int i = 0; i < 66; ++i) client.write(chunk);
  client.write("\n" + request_line(3));
  EXPECT_THAT(client.line(), HasSubstr("prompt_too_long"));
  EXPECT_THAT(client.line(), HasSubstr("\"id\":3"));
}

TEST_F(NdjsonServerTest, AClientThatLeavesCancelsItsWork) {
  policy_->takes_ = 3s;
  start("unix:" + folder_ + "/socket");
  {
    LineClient client = this->client();
    client.write(request_line(1));
    while (server_->graph().counters().admitted.load() == 0) std::this_thread::sleep_for(1ms);
  }
  for (int i = 0; i < 400 && server_->graph().counters().cancelled.load() == 0; ++i)
    std::this_thread::sleep_for(5ms);
  EXPECT_EQ(server_->graph().counters().cancelled.load(), 1U);
}

TEST_F(NdjsonServerTest, StoppingAnswersWhatWasRead) {
  policy_->close_gate();
  start("127.0.0.1:0");
  LineClient client = this->client();
  client.write(request_line(1));
  ASSERT_TRUE(policy_->wait_inside(1));
  std::thread stopper([this] { server_->stop(); });
  std::this_thread::sleep_for(20ms);
  policy_->open_gate();
  EXPECT_THAT(client.line(), HasSubstr("\"id\":1"));
  EXPECT_EQ(client.line(), "<end>");
  stopper.join();
}

}  // namespace
}  // namespace pith
