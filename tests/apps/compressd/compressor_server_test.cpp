#include "apps/compressd/compressor_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <zmq.hpp>

#include "messages/channel/socket.h"
#include "messages/codec/codec.h"
#include "tests/graph/fake_policy.h"

namespace pith {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// A proxy made of a bare DEALER: what it sends and what comes back, message by message.
class Client {
 public:
  Client(zmq::context_t& context, const std::string& endpoint)
      : dealer_(open_dealer(
            context, {.message_bytes_max = kReplyBytesMax, .queue_max = 128, .linger = 0ms})) {
    EXPECT_TRUE(connect_socket(dealer_, endpoint));
  }
  bool send(MessageType type, flatbuffers::DetachedBuffer body, std::uint8_t id = 0,
            std::uint64_t deadline_us = 0) {
    MessageHeader header{
        .type = type, .flags = 0, .credit = 0, .request_id = {}, .deadline_us = deadline_us};
    header.request_id.bytes[0] = id;
    return pith::send(dealer_, header, std::move(body));
  }
  void hello() {
    // Over tcp and ipc the connection takes a moment.
    for (int i = 0;
         i < 400 && !send(MessageType::kHeartbeat, encode(Heartbeat{.instance = 1, .seq = 1}));
         ++i) {
      std::this_thread::sleep_for(5ms);
    }
  }
  void raw(const std::string& one, const std::string& two) {
    dealer_.send(zmq::buffer(one), zmq::send_flags::sndmore);
    dealer_.send(zmq::buffer(two), zmq::send_flags::none);
  }
  /// The next message of `type`; others in between are skipped.
  std::optional<Message> next(MessageType type, std::chrono::milliseconds wait = 3000ms) {
    const auto until = std::chrono::steady_clock::now() + wait;
    while (std::chrono::steady_clock::now() < until) {
      zmq::pollitem_t item{dealer_.handle(), 0, ZMQ_POLLIN, 0};
      zmq::poll(&item, 1, 20ms);
      Message message;
      while (receive(dealer_, message) == Received::kMessage) {
        if (message.header.type == type) return message;
      }
    }
    return std::nullopt;
  }

 private:
  zmq::socket_t dealer_;
};

CompressRequest request(int num_words = 20) {
  CompressRequest request;
  request.segments.push_back(
      {.text = prose("first", num_words), .kind = SegmentKind::kPlain, .query = {}});
  request.options.target_rate = 0.5F;
  return request;
}

class CompressorServerTest : public ::testing::Test {
 protected:
  void start(const std::string& endpoint = "inproc://compressor", std::uint32_t credit = 64,
             CompressLimits limits = {.workers = 1}) {
    auto started = CompressorServer::start(context_, set_of({policy_}),
                                           {.endpoints = {endpoint},
                                            .ndjson = {},
                                            .models_dir = PITH_MODELS,
                                            .limits = limits,
                                            .credit = credit,
                                            .heartbeat = 50ms});
    ASSERT_TRUE(started) << started.error().detail;
    server_ = std::move(*started);
  }
  Client client() { return {context_, server_->bound_endpoints()[0]}; }

  zmq::context_t context_;
  std::shared_ptr<FakePolicy> policy_ = std::make_shared<FakePolicy>("fake");
  std::unique_ptr<CompressorServer> server_;
};

TEST_F(CompressorServerTest, GreetsANewPeerWithItsCreditAndPolicy) {
  start();
  Client client = this->client();
  client.hello();
  const auto message = client.next(MessageType::kReady);
  ASSERT_TRUE(message);
  const auto ready = decode_ready(message->body_bytes());
  ASSERT_TRUE(ready);
  EXPECT_EQ(ready->credit, 64U);
  EXPECT_EQ(ready->policy, policy_->id());
  EXPECT_EQ(ready->service, "compressd");
  EXPECT_TRUE(client.next(MessageType::kHeartbeat));
  EXPECT_TRUE(server_->responsive());
}

TEST_F(CompressorServerTest, AnswersOverEveryTransport) {
  std::string folder = ::testing::TempDir() + "pith_server_XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  for (const std::string& endpoint : {std::string("inproc://x"), std::string("tcp://127.0.0.1:*"),
                                      "ipc://" + folder + "/socket"}) {
    start(endpoint);
    Client client = this->client();
    client.hello();
    ASSERT_TRUE(client.next(MessageType::kReady)) << endpoint;
    ASSERT_TRUE(client.send(MessageType::kCompressRequest, encode(request()), 5));
    const auto message = client.next(MessageType::kCompressReply);
    ASSERT_TRUE(message) << endpoint;
    EXPECT_EQ(message->header.request_id.bytes[0], 5);
    EXPECT_EQ(message->header.credit, 64U);
    const auto reply = decode_compress_reply(message->body_bytes());
    ASSERT_TRUE(reply);
    EXPECT_TRUE(reply_fits(*reply, request()));
    EXPECT_LT(reply->segments[0].compressed_tokens, reply->segments[0].origin_tokens);
    server_.reset();
  }
  std::filesystem::remove_all(folder);
}

TEST_F(CompressorServerTest, RefusesToBindBeyondLoopback) {
  CompressorServerOptions options;
  options.endpoints = {"tcp://0.0.0.0:*"};
  options.models_dir = PITH_MODELS;
  const auto started = CompressorServer::start(context_, set_of({policy_}), options);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(started.error().detail, HasSubstr("CURVE"));
}

TEST_F(CompressorServerTest, AMissingTokenizerIsToldAtStart) {
  CompressorServerOptions options;
  options.endpoints = {"inproc://x"};
  options.models_dir = "/nowhere";
  const auto started = CompressorServer::start(context_, set_of({policy_}), options);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kFileUnreadable);
}

TEST_F(CompressorServerTest, AnswersBusyBeyondCreditAndWhenTheGraphIsFull) {
  policy_->close_gate();
  start("inproc://compressor", /*credit=*/2, {.in_flight_max = 3, .workers = 1});
  Client one = client();
  Client two = client();
  one.hello();
  two.hello();
  for (std::uint8_t id : {1, 2, 3})
    ASSERT_TRUE(one.send(MessageType::kCompressRequest, encode(request()), id));
  auto busy = one.next(MessageType::kBusy);
  ASSERT_TRUE(busy);
  EXPECT_EQ(busy->header.request_id.bytes[0], 3);
  EXPECT_EQ(decode_fault(busy->body_bytes())->code, ErrorCode::kOverloaded);
  for (std::uint8_t id : {4, 5})
    ASSERT_TRUE(two.send(MessageType::kCompressRequest, encode(request()), id));
  busy = two.next(MessageType::kBusy);
  ASSERT_TRUE(busy) << "the graph holds three";
  EXPECT_EQ(busy->header.request_id.bytes[0], 5);
  policy_->open_gate();
  EXPECT_TRUE(one.next(MessageType::kCompressReply));
  EXPECT_TRUE(two.next(MessageType::kCompressReply));
  EXPECT_EQ(server_->counters().busy.load(), 2U);
}

TEST_F(CompressorServerTest, MalformedBodiesGetAnErrorAndThenSilence) {
  start();
  Client good = client();
  good.hello();
  Client bad = client();
  bad.hello();
  ASSERT_TRUE(bad.next(MessageType::kReady));
  ASSERT_TRUE(bad.send(MessageType::kCompressRequest, encode(Heartbeat{}), 9));
  const auto error = bad.next(MessageType::kError);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->header.request_id.bytes[0], 9);
  EXPECT_EQ(decode_fault(error->body_bytes())->code, ErrorCode::kMalformedMessage);
  bad.raw("garbage", "garbage");
  bad.raw(std::string(kHeaderBytes, 'x'), "garbage");
  ASSERT_TRUE(bad.send(MessageType::kCompressRequest, encode(request()), 10));
  EXPECT_FALSE(bad.next(MessageType::kCompressReply, 200ms))
      << "three in ten seconds: not listened to";
  ASSERT_TRUE(good.send(MessageType::kCompressRequest, encode(request()), 1));
  EXPECT_TRUE(good.next(MessageType::kCompressReply));
  EXPECT_EQ(server_->counters().malformed.load(), 3U);
  EXPECT_GE(server_->counters().muted.load(), 1U);
}

TEST_F(CompressorServerTest, CancelAndDeadlineEndARequest) {
  policy_->takes_ = 3s;
  start();
  Client client = this->client();
  client.hello();
  ASSERT_TRUE(client.send(MessageType::kCompressRequest, encode(request()), 1));
  ASSERT_TRUE(policy_->wait_inside(0));
  ASSERT_TRUE(client.send(MessageType::kCancel, encode(Fault{ErrorCode::kCancelled, 0, {}}), 1));
  auto error = client.next(MessageType::kError, 2000ms);
  ASSERT_TRUE(error);
  EXPECT_EQ(decode_fault(error->body_bytes())->code, ErrorCode::kCancelled);
  EXPECT_EQ(server_->counters().cancelled.load(), 1U);

  ASSERT_TRUE(client.send(MessageType::kCompressRequest, encode(request()), 2,
                          to_deadline_us(std::chrono::steady_clock::now() + 50ms)));
  error = client.next(MessageType::kError, 2000ms);
  ASSERT_TRUE(error);
  EXPECT_EQ(decode_fault(error->body_bytes())->code, ErrorCode::kDeadlineExceeded);
}

TEST_F(CompressorServerTest, ASilentPeersRequestsAreCancelled) {
  policy_->takes_ = 5s;
  start();
  {
    Client client = this->client();
    client.hello();
    ASSERT_TRUE(client.send(MessageType::kCompressRequest, encode(request()), 1));
    for (int i = 0; i < 400 && server_->graph().counters().admitted.load() == 0; ++i)
      std::this_thread::sleep_for(5ms);
  }
  for (int i = 0; i < 400 && server_->graph().counters().cancelled.load() == 0; ++i)
    std::this_thread::sleep_for(5ms);
  EXPECT_EQ(server_->graph().counters().cancelled.load(), 1U);
}

TEST_F(CompressorServerTest, ANewChampionIsAnnounced) {
  start();
  Client client = this->client();
  client.hello();
  ASSERT_TRUE(client.next(MessageType::kReady));
  const auto other = std::make_shared<FakePolicy>("other");
  server_->swap_policies(set_of({other}));
  const auto message = client.next(MessageType::kReady);
  ASSERT_TRUE(message);
  EXPECT_EQ(decode_ready(message->body_bytes())->policy, other->id());
}

TEST_F(CompressorServerTest, DrainingAnswersWhatItHasAndBusyToTheRest) {
  policy_->close_gate();
  start("tcp://127.0.0.1:*");
  Client client = this->client();
  client.hello();
  ASSERT_TRUE(client.next(MessageType::kReady));
  for (std::uint8_t id : {1, 2, 3})
    ASSERT_TRUE(client.send(MessageType::kCompressRequest, encode(request()), id));
  ASSERT_TRUE(policy_->wait_inside(1));
  while (server_->graph().counters().admitted.load() < 3) std::this_thread::sleep_for(1ms);
  std::thread stopper([this] { server_->stop(); });
  for (;;) {
    const auto heartbeat = client.next(MessageType::kHeartbeat);
    ASSERT_TRUE(heartbeat);
    if (decode_heartbeat(heartbeat->body_bytes())->state == PeerState::kDraining) break;
  }
  ASSERT_TRUE(client.send(MessageType::kCompressRequest, encode(request()), 4));
  const auto busy = client.next(MessageType::kBusy);
  ASSERT_TRUE(busy);
  EXPECT_EQ(decode_fault(busy->body_bytes())->code, ErrorCode::kUnavailable);
  EXPECT_EQ(busy->header.credit, 0U);
  policy_->open_gate();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client.next(MessageType::kCompressReply)) << i;
  stopper.join();
}

}  // namespace
}  // namespace pith
