// Real processes, killed and stopped under load: every request gets one answer by its deadline, and
// whoever comes back is used again.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <zmq.hpp>

#include "apps/broker/broker.h"
#include "tests/apps/broker/answers.h"

extern char** environ;

namespace pith {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// A compressor_child. posix_spawn and not fork: a fork after the first ZeroMQ context would
/// inherit its sockets.
class Child {
 public:
  Child(const std::string& endpoint, int takes_us) {
    int out[2];
    EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    std::string program = PITH_COMPRESSOR_CHILD;
    std::string where = endpoint;
    std::string takes = std::to_string(takes_us);
    char* argv[] = {program.data(), where.data(), takes.data(), nullptr};
    EXPECT_EQ(::posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv, environ), 0);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    pollfd item{out[0], POLLIN, 0};
    char line[16];
    EXPECT_EQ(::poll(&item, 1, 10'000), 1);
    EXPECT_GT(::read(out[0], line, sizeof line), 0) << "it did not start";
    ::close(out[0]);
  }
  ~Child() {
    if (pid_ > 0) kill();
  }
  void signal(int number) { EXPECT_EQ(::kill(pid_, number), 0); }
  void kill() {
    ::kill(pid_, SIGKILL);
    wait();
  }
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
};

class CompressorDeathTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "pith_death_XXXXXX";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override {
    broker_.reset();
    std::filesystem::remove_all(folder_);
  }
  std::string endpoint(const std::string& name) { return "ipc://" + folder_ + "/" + name; }
  void connect(std::vector<std::string> endpoints) {
    BrokerOptions options;
    options.endpoints = std::move(endpoints);
    options.heartbeat = 50ms;
    auto started = Broker::start(context_, options);
    ASSERT_TRUE(started) << started.error().detail;
    broker_ = std::move(*started);
  }
  bool wait_alive(std::size_t count) {
    return eventually([&] { return num_alive() == count; });
  }
  std::size_t num_alive() {
    std::size_t alive = 0;
    for (const CompressorHealth& health : broker_->health()) alive += health.alive ? 1 : 0;
    return alive;
  }
  /// Puts `count` requests in, one each `gap`, calling `meanwhile` with the number of each.
  void load(int count, std::chrono::milliseconds within, std::chrono::microseconds gap,
            const std::function<void(int)>& meanwhile) {
    for (int i = 0; i < count; ++i) {
      const int number = next_++;
      deadlines_.push_back(Clock::now() + within);
      broker_->compress(prose_request(), deadlines_.back(), nullptr, answers_.of(number));
      meanwhile(i);
      std::this_thread::sleep_for(gap);
    }
  }
  void expect_every_one_answered_once_and_in_time() {
    ASSERT_TRUE(answers_.wait_for(static_cast<std::size_t>(next_)));
    EXPECT_TRUE(answers_.each_once());
    for (const auto& [number, answer] : answers_.all()) {
      // A second of slack: the machine that tests run on is busy.
      EXPECT_LT(answer.at, deadlines_[static_cast<std::size_t>(number)] + 1s) << number;
    }
  }

  zmq::context_t context_;
  std::string folder_;
  Answers answers_;
  std::unique_ptr<Broker> broker_;
  std::vector<Clock::time_point> deadlines_;
  int next_ = 0;
};

TEST_F(CompressorDeathTest, KilledUnderLoadTheOtherTakesOverAndNothingIsLost) {
  auto one = std::make_unique<Child>(endpoint("one"), 300);
  const Child two(endpoint("two"), 300);
  connect({endpoint("one"), endpoint("two")});
  ASSERT_TRUE(wait_alive(2));
  load(600, 5000ms, 500us, [&](int i) {
    if (i == 200) one->kill();
  });
  expect_every_one_answered_once_and_in_time();
  EXPECT_EQ(answers_.count(0), 600)
      << "the broken connection is noticed at once, and its requests go to the other";
  EXPECT_EQ(broker_->counters().deaths.load(), 1U);

  one = std::make_unique<Child>(endpoint("one"), 300);  // a stale socket file is in its way
  ASSERT_TRUE(wait_alive(2)) << "it is found again";
  const std::uint64_t sent_before = broker_->counters().sent.load();
  load(100, 5000ms, 200us, [](int) {});
  expect_every_one_answered_once_and_in_time();
  EXPECT_EQ(answers_.count(0), 700);
  EXPECT_EQ(broker_->counters().sent.load(), sent_before + 100);
}

TEST_F(CompressorDeathTest, StoppedUnderLoadItsRequestsGoToTheOtherAndItComesBack) {
  Child one(endpoint("one"), 300);
  const Child two(endpoint("two"), 300);
  connect({endpoint("one"), endpoint("two")});
  ASSERT_TRUE(wait_alive(2));
  load(400, 5000ms, 1ms, [&](int i) {
    if (i == 100) one.signal(SIGSTOP);
  });
  expect_every_one_answered_once_and_in_time();
  EXPECT_EQ(answers_.count(0), 400) << "after three missed heartbeats its requests go to the other";
  EXPECT_EQ(num_alive(), 1U);
  EXPECT_GE(broker_->counters().requeued.load(), 1U);
  one.signal(SIGCONT);
  ASSERT_TRUE(wait_alive(2));
  load(100, 5000ms, 200us, [](int) {});
  expect_every_one_answered_once_and_in_time();
  EXPECT_EQ(answers_.count(0), 500);
}

TEST_F(CompressorDeathTest, TheOnlyOneKilledMeansUnavailableAtOnceUntilItIsBack) {
  auto one = std::make_unique<Child>(endpoint("one"), 300);
  connect({endpoint("one")});
  ASSERT_TRUE(wait_alive(1));
  load(300, 2000ms, 300us, [&](int i) {
    if (i == 100) {
      // Not before it has worked: a slow build may not have answered any of them yet.
      EXPECT_TRUE(eventually([&] { return answers_.count(0) >= 50; }));
      one->kill();
    }
  });
  expect_every_one_answered_once_and_in_time();
  EXPECT_GE(answers_.count(number_of(ErrorCode::kUnavailable)), 100);
  EXPECT_EQ(answers_.count(number_of(ErrorCode::kDeadlineExceeded)), 0)
      << "nobody waits for a dead process";
  one = std::make_unique<Child>(endpoint("one"), 300);
  ASSERT_TRUE(wait_alive(1));
  const int before = answers_.count(0);
  load(50, 5000ms, 200us, [](int) {});
  expect_every_one_answered_once_and_in_time();
  EXPECT_EQ(answers_.count(0), before + 50);
}

TEST_F(CompressorDeathTest, TheOnlyOneStoppedKeepsEveryDeadline) {
  Child one(endpoint("one"), 300);
  connect({endpoint("one")});
  ASSERT_TRUE(wait_alive(1));
  load(200, 100ms, 2ms, [&](int i) {
    if (i == 50) one.signal(SIGSTOP);
  });
  expect_every_one_answered_once_and_in_time();
  EXPECT_GE(answers_.count(number_of(ErrorCode::kDeadlineExceeded)), 1)
      << "those sent before it was known";
  EXPECT_GE(answers_.count(number_of(ErrorCode::kUnavailable)), 1) << "those after";
  one.signal(SIGCONT);
  ASSERT_TRUE(wait_alive(1));
  const int before = answers_.count(0);
  load(50, 5000ms, 1ms, [](int) {});
  expect_every_one_answered_once_and_in_time();
  EXPECT_EQ(answers_.count(0), before + 50);
}

TEST_F(CompressorDeathTest, TerminatedItDrainsAndLosesNothing) {
  Child one(endpoint("one"), 300);
  const Child two(endpoint("two"), 300);
  connect({endpoint("one"), endpoint("two")});
  ASSERT_TRUE(wait_alive(2));
  load(600, 5000ms, 300us, [&](int i) {
    if (i == 200) one.signal(SIGTERM);
  });
  EXPECT_EQ(one.wait(), 0);
  expect_every_one_answered_once_and_in_time();
  EXPECT_EQ(answers_.count(0), 600);
}

}  // namespace
}  // namespace pith
