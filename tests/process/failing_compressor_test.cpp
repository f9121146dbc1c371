// `pith proxy` and `pith compressd` as processes; the compressor is killed and stopped in the
// middle of load.
#include <signal.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "tests/process/harness/serve_test.h"

namespace pith::process {
namespace {

class FailingCompressor : public ::testing::Test {
 protected:
  void SetUp() override {
    start_compressor();
    proxy_ =
        std::make_unique<PithServer>(PithServer::Setup{.subcommand = "proxy",
                                                       .upstream = mock_.url(),
                                                       .config = "[compress]\ndeadline_ms = 400\n",
                                                       .arguments = {"--compressor", endpoint()}});
    ASSERT_TRUE(proxy_->ready());
    ASSERT_TRUE(compresses(Millis(15'000))) << proxy_->child().errors();
  }
  std::string endpoint() { return "ipc://" + dir_.path("compressd.sock"); }
  void start_compressor() {
    compressor_ = std::make_unique<Child>(
        Launch{{pith_program(), "compressd", "--endpoint", endpoint()}, {}, {}});
  }
  Reply ask() {
    const std::string body = chat_body(prose(700, ++seed_));
    return request(proxy_->port(), "POST", "/v1/chat/completions",
                   {{"content-type", "application/json"}}, body, Millis(8000));
  }
  bool compresses(Millis patience) {
    return eventually([&] { return ask().header("x-pith-status") == "compressed"; }, patience);
  }

  /// Load from four threads while `disturb` runs; every request must be answered 200 in time.
  template <class Disturb>
  std::map<std::string, int> under_load(Disturb disturb) {
    std::atomic<bool> stop{false};
    std::mutex guard;
    std::map<std::string, int> statuses;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        while (!stop) {
          const auto begin = std::chrono::steady_clock::now();
          const Reply reply = ask();
          const auto took = std::chrono::steady_clock::now() - begin;
          const std::lock_guard lock(guard);
          EXPECT_EQ(reply.status, 200);
          EXPECT_TRUE(reply.complete);
          EXPECT_LT(took, Millis(5000)) << "hangs";
          ++statuses[reply.header("x-pith-status")];
          sleep_for(Millis(5));
        }
      });
    }
    disturb();
    stop = true;
    for (auto& thread : threads) thread.join();
    return statuses;
  }

  static int bypassed(const std::map<std::string, int>& statuses) {
    int n = 0;
    for (const auto& [status, count] : statuses) {
      if (status.starts_with("bypass:")) n += count;
    }
    return n;
  }

  TempDir dir_;
  MockUpstream mock_;
  std::unique_ptr<Child> compressor_;
  std::unique_ptr<PithServer> proxy_;
  std::atomic<unsigned> seed_{0};
};

TEST_F(FailingCompressor, KillMinusNineInTheMiddleOfLoad) {
  auto statuses = under_load([&] {
    sleep_for(Millis(500));
    compressor_->signal(SIGKILL);
    compressor_->wait(Millis(2000));
    sleep_for(Millis(1500));
    start_compressor();
    sleep_for(Millis(1500));
  });
  EXPECT_GT(statuses["compressed"], 0);
  EXPECT_GT(bypassed(statuses), 0) << "nothing went out raw, although no compressor was there";
  EXPECT_TRUE(compresses(Millis(10'000))) << "it compresses again";
}

TEST_F(FailingCompressor, StoppedAndContinuedInTheMiddleOfLoad) {
  auto statuses = under_load([&] {
    sleep_for(Millis(500));
    compressor_->signal(SIGSTOP);
    sleep_for(Millis(3000));
    compressor_->signal(SIGCONT);
    sleep_for(Millis(1500));
  });
  EXPECT_GT(statuses["compressed"], 0);
  EXPECT_GT(bypassed(statuses), 0);
  EXPECT_TRUE(compresses(Millis(10'000)));
}

TEST_F(FailingCompressor, AProxyWithoutACompressorForwards) {
  compressor_->signal(SIGTERM);
  EXPECT_EQ(compressor_->wait(Millis(8000)), 0) << "SIGTERM ends compressd cleanly";
  const Reply reply = ask();
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(reply.header("x-pith-status").starts_with("bypass:"))
      << reply.header("x-pith-status");
  EXPECT_EQ(request(proxy_->port(), "GET", "/healthz").status, 200);
  EXPECT_TRUE(eventually([&] { return request(proxy_->port(), "GET", "/readyz").status == 503; }));
}

TEST(CompressorDaemon, AnswersNewlineDelimitedJson) {
  TempDir dir;
  Child daemon(Launch{{pith_program(), "compressd", "--endpoint", "ipc://" + dir.path("z"),
                       "--ndjson", "127.0.0.1:0"},
                      {},
                      {}});
  const auto line = daemon.wait_line("pith: compressing on 127.0.0");
  ASSERT_TRUE(line) << daemon.output() << daemon.errors();
  RawSocket socket(port_of(*line));
  ASSERT_TRUE(socket.connected());
  socket.send("{\"id\": 7, \"context\": " + json_string(prose(500)) +
              ", \"options\": {\"rate\": 0.5}}\nnot json\n");
  std::string answer;
  eventually([&] {
    answer += socket.read_some(65536, Millis(50));
    return std::count(answer.begin(), answer.end(), '\n') >= 2;
  });
  EXPECT_NE(answer.find("\"id\":7"), std::string::npos) << answer.substr(0, 300);
  EXPECT_NE(answer.find("\"compressed_prompt\""), std::string::npos);
  EXPECT_NE(answer.find("\"error\""), std::string::npos);
}

TEST(CompressorDaemon, RefusesToLeaveTheMachine) {
  const Finished refused = run_program(
      {{pith_program(), "compressd", "--endpoint", "tcp://0.0.0.0:0"}, {}, {}}, Millis(10'000));
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err, "");
}

}  // namespace
}  // namespace pith::process
