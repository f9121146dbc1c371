#include "apps/broker/broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <zmq.hpp>

#include "apps/compressd/compressor_server.h"
#include "tests/apps/broker/answers.h"
#include "tests/apps/broker/scripted_compressor.h"

namespace pith {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using ::testing::HasSubstr;

constexpr auto kBeat = 50ms;

class BrokerTest : public ::testing::Test {
 protected:
  std::unique_ptr<CompressorServer> serve(const std::string& endpoint,
                                          const std::shared_ptr<FakePolicy>& policy,
                                          std::uint32_t credit = 64,
                                          CompressLimits limits = {.workers = 1}) {
    CompressorServerOptions options;
    options.endpoints = {endpoint};
    options.models_dir = PITH_MODELS;
    options.limits = limits;
    options.credit = credit;
    options.heartbeat = kBeat;
    auto started = CompressorServer::start(context_, set_of({policy}), options);
    EXPECT_TRUE(started) << started.error().detail;
    return started ? std::move(*started) : nullptr;
  }
  void connect(std::vector<std::string> endpoints, std::uint32_t queue_max = 1024) {
    BrokerOptions options;
    options.endpoints = std::move(endpoints);
    options.queue_max = queue_max;
    options.heartbeat = kBeat;
    auto started = Broker::start(context_, options);
    ASSERT_TRUE(started) << started.error().detail;
    broker_ = std::move(*started);
  }
  bool wait_alive(std::size_t count = 1) {
    return eventually([&] {
      std::size_t alive = 0;
      for (const CompressorHealth& health : broker_->health()) alive += health.alive ? 1 : 0;
      return alive == count;
    });
  }
  void compress(int number, std::chrono::milliseconds within = 5000ms,
                CompressRequest request = prose_request()) {
    broker_->compress(std::move(request), Clock::now() + within, nullptr, answers_.of(number));
  }

  zmq::context_t context_;
  std::shared_ptr<FakePolicy> policy_ = std::make_shared<FakePolicy>("fake");
  Answers answers_;
  std::unique_ptr<Broker> broker_;
};

TEST_F(BrokerTest, CompressesOverEveryTransport) {
  std::string folder = ::testing::TempDir() + "pith_broker_XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  int number = 0;
  for (const std::string& endpoint : {std::string("inproc://a"), std::string("tcp://127.0.0.1:*"),
                                      "ipc://" + folder + "/socket"}) {
    const auto server = serve(endpoint, policy_);
    connect(server->bound_endpoints());
    CompressRequest request = prose_request();
    request.id.bytes[3] = 42;
    compress(++number, 5000ms, request);
    ASSERT_TRUE(answers_.wait_for(static_cast<std::size_t>(number)));
    const Answers::Answer answer = answers_.get(number);
    ASSERT_EQ(answer.code, 0) << endpoint << " " << answer.detail;
    EXPECT_EQ(answer.reply.id, request.id) << "the caller's own id comes back";
    EXPECT_LT(answer.reply.segments[0].compressed_tokens, answer.reply.segments[0].origin_tokens);
    EXPECT_EQ(broker_->health()[0].policy, policy_->id());
    EXPECT_EQ(broker_->health()[0].credit, 64U);
    broker_.reset();
  }
  std::filesystem::remove_all(folder);
}

TEST_F(BrokerTest, RefusesBadEndpointsAtStart) {
  for (const char* bad : {"tcp://10.0.0.1:5555", "udp://x", "ipc://"}) {
    BrokerOptions options;
    options.endpoints = {bad};
    const auto started = Broker::start(context_, options);
    ASSERT_FALSE(started) << bad;
    EXPECT_EQ(started.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_FALSE(Broker::start(context_, BrokerOptions{}));
}

TEST_F(BrokerTest, RequestsWaitForACompressorThatIsStillStarting) {
  std::string folder = ::testing::TempDir() + "pith_broker_XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  for (const std::string& endpoint : {std::string("inproc://late"), "ipc://" + folder + "/late"}) {
    connect({endpoint});
    compress(1);
    std::this_thread::sleep_for(kBeat);
    const auto server = serve(endpoint, policy_);
    ASSERT_TRUE(answers_.wait_for(1));
    EXPECT_EQ(answers_.get(1).code, 0) << endpoint << ": " << answers_.get(1).detail;
    broker_.reset();
  }
  std::filesystem::remove_all(folder);
}

TEST_F(BrokerTest, WithoutACompressorItIsUnavailableAtOnce) {
  connect({"tcp://127.0.0.1:1"});
  compress(1);  // waits only as long as a compressor may still be starting
  ASSERT_TRUE(answers_.wait_for(1));
  EXPECT_EQ(answers_.get(1).code, number_of(ErrorCode::kUnavailable));
  const auto before = Clock::now();
  compress(2);
  ASSERT_TRUE(answers_.wait_for(2));
  EXPECT_LT(Clock::now() - before, 500ms);
  EXPECT_EQ(answers_.get(2).code, number_of(ErrorCode::kUnavailable));
}

TEST_F(BrokerTest, TheDeadlineHoldsAndALateAnswerIsDropped) {
  policy_->close_gate();
  const auto server = serve("inproc://a", policy_);
  connect({"inproc://a"});
  const auto before = Clock::now();
  compress(1, 100ms);
  ASSERT_TRUE(answers_.wait_for(1));
  EXPECT_EQ(answers_.get(1).code, number_of(ErrorCode::kDeadlineExceeded));
  EXPECT_GE(answers_.get(1).at - before, 100ms);
  EXPECT_LT(answers_.get(1).at - before, 600ms);
  policy_->open_gate();
  EXPECT_TRUE(eventually([&] { return broker_->counters().late.load() == 1; }));
  EXPECT_TRUE(eventually([&] { return broker_->health()[0].in_flight == 0; }))
      << "its credit is free again";
  EXPECT_TRUE(answers_.each_once());
  EXPECT_EQ(broker_->counters().expired.load(), 1U);
}

TEST_F(BrokerTest, WithoutCreditRequestsWaitAndBeyondTheQueueTheyAreShed) {
  policy_->close_gate();
  const auto server = serve("inproc://a", policy_, /*credit=*/1);
  connect({"inproc://a"}, /*queue_max=*/2);
  ASSERT_TRUE(wait_alive());
  compress(1);
  ASSERT_TRUE(policy_->wait_inside(1));
  compress(2, 100ms);
  compress(3);
  compress(4);
  ASSERT_TRUE(answers_.wait_for(2));
  EXPECT_EQ(answers_.get(4).code, number_of(ErrorCode::kOverloaded));
  EXPECT_EQ(answers_.get(2).code, number_of(ErrorCode::kDeadlineExceeded));
  EXPECT_THAT(answers_.get(2).detail, HasSubstr("no credit"));
  policy_->open_gate();
  ASSERT_TRUE(answers_.wait_for(4));
  EXPECT_EQ(answers_.get(1).code, 0);
  EXPECT_EQ(answers_.get(3).code, 0);
}

TEST_F(BrokerTest, LiveRequestsOvertakeShadowOnes) {
  policy_->close_gate();
  const auto server = serve("inproc://a", policy_, /*credit=*/1);
  connect({"inproc://a"});
  ASSERT_TRUE(wait_alive());
  compress(1);
  ASSERT_TRUE(policy_->wait_inside(1));
  CompressRequest shadow = prose_request();
  shadow.priority = Priority::kShadow;
  compress(2, 5000ms, shadow);
  compress(3);
  policy_->open_gate();
  ASSERT_TRUE(answers_.wait_for(3));
  EXPECT_LT(answers_.get(3).at, answers_.get(2).at);
}

TEST_F(BrokerTest, ACancelledRequestEndsHereAndThere) {
  policy_->takes_ = 5s;
  const auto server = serve("inproc://a", policy_);
  connect({"inproc://a"});
  const auto flag = std::make_shared<std::atomic<bool>>(false);
  broker_->compress(prose_request(), Clock::now() + 10s, flag, answers_.of(1));
  ASSERT_TRUE(eventually([&] { return server->graph().counters().admitted.load() == 1; }));
  flag->store(true);
  broker_->poke();
  ASSERT_TRUE(answers_.wait_for(1));
  EXPECT_EQ(answers_.get(1).code, number_of(ErrorCode::kCancelled));
  EXPECT_TRUE(eventually([&] { return server->graph().counters().cancelled.load() == 1; }));
}

TEST_F(BrokerTest, WhatIsTooLongForAMessageIsRefusedAtOnce) {
  const auto server = serve("inproc://a", policy_);
  connect({"inproc://a"});
  CompressRequest request = prose_request();
  request.segments[0].text.assign(kMessageBytesMax, 'x');
  compress(1, 5000ms, request);
  ASSERT_TRUE(answers_.wait_for(1));
  EXPECT_EQ(answers_.get(1).code, number_of(ErrorCode::kPromptTooLong));
}

TEST_F(BrokerTest, ErrorsOfTheCompressorComeThrough) {
  const auto server = serve("inproc://a", policy_);
  connect({"inproc://a"});
  CompressRequest request = prose_request();
  request.policy = "nobody";
  compress(1, 5000ms, request);
  ASSERT_TRUE(answers_.wait_for(1));
  EXPECT_EQ(answers_.get(1).code, number_of(ErrorCode::kUnknownPolicy));
}

TEST_F(BrokerTest, SharesLoadBetweenCompressors) {
  const auto other = std::make_shared<FakePolicy>("other");
  policy_->takes_ = other->takes_ = 2ms;
  const auto one = serve("inproc://a", policy_);
  const auto two = serve("inproc://b", other);
  connect({"inproc://a", "inproc://b"});
  ASSERT_TRUE(wait_alive(2));
  for (int i = 0; i < 40; ++i) compress(i);
  ASSERT_TRUE(answers_.wait_for(40));
  EXPECT_EQ(answers_.count(0), 40);
  EXPECT_GE(one->counters().requests.load(), 10U);
  EXPECT_GE(two->counters().requests.load(), 10U);
}

TEST_F(BrokerTest, AStoppingCompressorLosesNothing) {
  policy_->takes_ = 200us;
  auto one = serve("tcp://127.0.0.1:*", policy_);
  const auto two = serve("tcp://127.0.0.1:*", std::make_shared<FakePolicy>("other"));
  connect({one->bound_endpoints()[0], two->bound_endpoints()[0]});
  ASSERT_TRUE(wait_alive(2));
  for (int i = 0; i < 600; ++i) {
    compress(i);
    if (i == 200) one->stop();
    if (i % 20 == 0) std::this_thread::sleep_for(1ms);
  }
  ASSERT_TRUE(answers_.wait_for(600));
  EXPECT_EQ(answers_.count(0), 600);
  EXPECT_TRUE(answers_.each_once());
}

TEST_F(BrokerTest, StoppingTheBrokerAnswersEverything) {
  policy_->close_gate();
  const auto server = serve("inproc://a", policy_);
  connect({"inproc://a"});
  for (int i = 0; i < 100; ++i) compress(i);
  broker_.reset();
  EXPECT_EQ(answers_.count(number_of(ErrorCode::kUnavailable)), 100);
  EXPECT_TRUE(answers_.each_once());
  policy_->open_gate();
}

TEST_F(BrokerTest, ManyThreadsEachGetTheirOwnAnswer) {
  const auto server = serve("inproc://a", policy_, 64, {.workers = 2});
  connect({"inproc://a"});
  ASSERT_TRUE(wait_alive());
  constexpr int kThreads = 4;
  constexpr int kEach = 200;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i)
        compress(t * kEach + i, 8000ms, prose_request(10 + (t * kEach + i) % 90));
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(answers_.wait_for(kThreads * kEach));
  EXPECT_EQ(answers_.count(0), kThreads * kEach);
  for (int i = 0; i < kThreads * kEach; ++i) {
    const CompressRequest request = prose_request(10 + i % 90);
    EXPECT_LE(answers_.get(i).reply.segments[0].kept.back().end, request.segments[0].text.size());
  }
  EXPECT_TRUE(answers_.each_once());
}

// --- a compressor that misbehaves ---------------------------------------------------------------

/// The right answer to prose_request(): everything kept.
CompressReply whole(const CompressRequest& request) {
  CompressReply reply;
  for (const Segment& segment : request.segments) {
    reply.segments.emplace_back().kept = {{0, static_cast<std::uint32_t>(segment.text.size())}};
  }
  return reply;
}

void answer_whole(const ScriptedCompressor::Reach& reach, const Message& message) {
  reach.answer(MessageType::kCompressReply, message.header.request_id,
               encode(whole(prose_request())));
}

TEST_F(BrokerTest, WrongRepliesAreErrorsAndNotReplies) {
  std::atomic<int> turn{0};
  ScriptedCompressor peer(
      context_, "inproc://a", [&](const ScriptedCompressor::Reach& reach, const Message& message) {
        if (message.header.type != MessageType::kCompressRequest) return;
        CompressReply reply = whole(prose_request());
        switch (turn++) {
          case 0:
            reply.segments.emplace_back().kept = {{0, 1}};
            break;
          case 1:
            reply.segments[0].kept = {{0, 1'000'000}};
            break;
          default:
            break;
        }
        reach.answer(MessageType::kCompressReply, message.header.request_id, encode(reply));
      });
  connect({"inproc://a"});
  for (int i = 0; i < 3; ++i) {
    compress(i);
    ASSERT_TRUE(answers_.wait_for(static_cast<std::size_t>(i) + 1));
  }
  EXPECT_EQ(answers_.get(0).code, number_of(ErrorCode::kMalformedMessage));
  EXPECT_EQ(answers_.get(1).code, number_of(ErrorCode::kMalformedMessage));
  EXPECT_EQ(answers_.get(2).code, 0);
  EXPECT_EQ(broker_->counters().malformed.load(), 2U);
}

TEST_F(BrokerTest, GarbageIsCountedAndDroppedAndThreeTimesMakesAFreshConnection) {
  ScriptedCompressor peer(
      context_, "tcp://127.0.0.1:*",
      [&, turn = 0](const ScriptedCompressor::Reach& reach, const Message& message) mutable {
        if (message.header.type != MessageType::kCompressRequest) return;
        if (turn++ == 0) {
          reach.raw("x", "y");
          reach.raw(std::string(kHeaderBytes, '\0'), "");
          reach.raw("PITH", std::string(5000, 'z'));
          return;
        }
        answer_whole(reach, message);
      });
  connect({peer.endpoint()});
  ASSERT_TRUE(wait_alive());
  peer.set_greet();
  compress(1);
  ASSERT_TRUE(answers_.wait_for(1));
  EXPECT_EQ(broker_->counters().malformed.load(), 3U);
  EXPECT_EQ(broker_->counters().deaths.load(), 1U);
  // It was re-queued, but nobody else was there: the caller goes on without, at once.
  EXPECT_EQ(answers_.get(1).code, number_of(ErrorCode::kUnavailable));
  ASSERT_TRUE(wait_alive());
  compress(2);
  ASSERT_TRUE(answers_.wait_for(2));
  EXPECT_EQ(answers_.get(2).code, 0);
}

TEST_F(BrokerTest, AnswersThatNobodyAskedForAreLate) {
  ScriptedCompressor peer(
      context_, "inproc://a", [&](const ScriptedCompressor::Reach& reach, const Message& message) {
        if (message.header.type != MessageType::kCompressRequest) return;
        RequestId other = message.header.request_id;
        other.bytes[15] ^= 0x80U;
        reach.answer(MessageType::kCompressReply, other, encode(whole(prose_request())));
        answer_whole(reach, message);
        answer_whole(reach, message);
        reach.answer(MessageType::kError, message.header.request_id,
                     encode(Fault{ErrorCode::kInternal, 0, "again"}));
      });
  connect({"inproc://a"});
  compress(1);
  ASSERT_TRUE(answers_.wait_for(1));
  EXPECT_EQ(answers_.get(1).code, 0);
  EXPECT_TRUE(eventually([&] { return broker_->counters().late.load() == 3; }));
  EXPECT_TRUE(answers_.each_once());
}

TEST_F(BrokerTest, BusyGoesToAnotherOnceAndIsThenOverloaded) {
  const auto busy = [](const ScriptedCompressor::Reach& reach, const Message& message) {
    if (message.header.type != MessageType::kCompressRequest) return;
    reach.answer(MessageType::kBusy, message.header.request_id,
                 encode(Fault{ErrorCode::kOverloaded, 100, "full"}));
  };
  ScriptedCompressor one(context_, "inproc://a", busy);
  {
    const auto server = serve("inproc://b", policy_);
    connect({"inproc://a", "inproc://b"});
    ASSERT_TRUE(wait_alive(2));
    for (int i = 0; i < 10; ++i) compress(i);
    ASSERT_TRUE(answers_.wait_for(10));
    EXPECT_EQ(answers_.count(0), 10);
    EXPECT_GE(broker_->counters().requeued.load(), 1U);
    broker_.reset();
  }
  ScriptedCompressor two(context_, "inproc://c", busy);
  connect({"inproc://a", "inproc://c"});
  ASSERT_TRUE(wait_alive(2));
  compress(20);
  ASSERT_TRUE(answers_.wait_for(11));
  EXPECT_EQ(answers_.get(20).code, number_of(ErrorCode::kOverloaded));
}

TEST_F(BrokerTest, ARestartedCompressorGetsItsRequestsAgainOnce) {
  std::atomic<int> seen{0};
  ScriptedCompressor peer(
      context_, "inproc://a", [&](const ScriptedCompressor::Reach& reach, const Message& message) {
        if (message.header.type != MessageType::kCompressRequest) return;
        if (seen++ > 0) answer_whole(reach, message);  // the first life of it keeps what it gets
      });
  connect({"inproc://a"});
  ASSERT_TRUE(wait_alive());
  compress(1);
  ASSERT_TRUE(eventually([&] { return seen.load() == 1; }));
  peer.set_instance(2);
  peer.set_greet();
  ASSERT_TRUE(answers_.wait_for(1));
  EXPECT_EQ(answers_.get(1).code, 0);
  EXPECT_EQ(seen.load(), 2);
  EXPECT_EQ(broker_->counters().requeued.load(), 1U);
}

}  // namespace
}  // namespace pith
