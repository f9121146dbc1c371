#include "messages/channel/socket.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

#include "messages/codec/codec.h"
#include "tests/messages/sample_messages.h"

namespace pith {
namespace {

using namespace std::chrono_literals;

constexpr SocketLimits kLimits{.message_bytes_max = 64U << 10U, .queue_max = 128, .linger = 0ms};

bool wait_readable(zmq::socket_t& socket, std::chrono::milliseconds wait = 2000ms) {
  zmq::pollitem_t item{socket.handle(), 0, ZMQ_POLLIN, 0};
  return zmq::poll(&item, 1, wait) == 1;
}

bool send_when_connected(zmq::socket_t& dealer, const MessageHeader& header,
                         const CompressRequest& request) {
  for (int i = 0; i < 400; ++i) {
    if (send(dealer, header, encode(request))) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

class SocketTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    router_ = open_router(context_, kLimits);
    dealer_ = open_dealer(context_, kLimits);
    const auto bound = bind_socket(router_, GetParam());
    ASSERT_TRUE(bound) << bound.error().detail;
    ASSERT_TRUE(connect_socket(dealer_, *bound));
    bound_ = *bound;
  }
  zmq::context_t context_;
  zmq::socket_t router_, dealer_;
  std::string bound_;
};

TEST_P(SocketTest, CarriesARequestAndItsReply) {
  MessageHeader header{.type = MessageType::kCompressRequest,
                       .flags = 0,
                       .credit = 0,
                       .request_id = {{7}},
                       .deadline_us = 5};
  ASSERT_TRUE(send_when_connected(dealer_, header, sample::request()));
  ASSERT_TRUE(wait_readable(router_));
  PeerId peer;
  Message message;
  ASSERT_EQ(receive(router_, peer, message), Received::kMessage);
  EXPECT_EQ(message.header, header);
  ASSERT_TRUE(decode_compress_request(message.body_bytes()));

  header.type = MessageType::kCompressReply;
  ASSERT_TRUE(send(router_, peer, header, encode(sample::reply())));
  ASSERT_TRUE(wait_readable(dealer_));
  ASSERT_EQ(receive(dealer_, message), Received::kMessage);
  const auto reply = decode_compress_reply(message.body_bytes());
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->segments[0].kept, sample::reply().segments[0].kept);
  EXPECT_EQ(receive(dealer_, message), Received::kNothing);
}

TEST_P(SocketTest, MessagesOfTheWrongShapeAreMalformedAndTheNextOneIsRead) {
  const auto header = encode_header({});
  const auto send_raw = [&](std::vector<std::string> frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      dealer_.send(zmq::buffer(frames[i]),
                   i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
  };
  const std::string good(header.begin(), header.end());
  send_raw({"garbage"});
  send_raw({"garbage", "body"});
  send_raw({good});
  send_raw({good, "body", "one too many", "and more"});
  send_raw({good, "body"});
  PeerId peer;
  Message message;
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(wait_readable(router_));
    EXPECT_EQ(receive(router_, peer, message), Received::kMalformed) << i;
    EXPECT_FALSE(peer.empty());
  }
  ASSERT_TRUE(wait_readable(router_));
  EXPECT_EQ(receive(router_, peer, message), Received::kMessage);
}

TEST_P(SocketTest, SendingToAnUnknownPeerFailsAtOnce) {
  EXPECT_FALSE(send(router_, "nobody", {}, encode(sample::heartbeat())));
}

INSTANTIATE_TEST_SUITE_P(Transports, SocketTest,
                         ::testing::Values("inproc://socket_test", "tcp://127.0.0.1:*"));

TEST(OpenRouter, FramesAboveTheLimitCloseTheConnection) {
  zmq::context_t context;
  zmq::socket_t router = open_router(context, kLimits);
  zmq::socket_t dealer = open_dealer(context, kLimits);
  const auto bound = bind_socket(router, "tcp://127.0.0.1:*");
  ASSERT_TRUE(bound);
  ASSERT_TRUE(connect_socket(dealer, *bound));
  CompressRequest request = sample::request();
  request.segments[0].text.assign(100U << 10U, 'x');
  ASSERT_TRUE(send_when_connected(dealer,
                                  MessageHeader{.type = MessageType::kCompressRequest,
                                                .flags = 0,
                                                .credit = 0,
                                                .request_id = {},
                                                .deadline_us = 0},
                                  request));
  EXPECT_FALSE(wait_readable(router, 200ms));
}

TEST(OpenDealer, DoesNotQueueForAPeerThatIsNotThere) {
  zmq::context_t context;
  zmq::socket_t dealer = open_dealer(context, kLimits);
  ASSERT_TRUE(connect_socket(dealer, "tcp://127.0.0.1:1"));
  EXPECT_FALSE(send(dealer, {}, encode(sample::heartbeat())));
}

TEST(BindSocket, TellsWhyItCannot) {
  zmq::context_t context;
  zmq::socket_t one = open_router(context, kLimits);
  zmq::socket_t two = open_router(context, kLimits);
  const auto bound = bind_socket(one, "tcp://127.0.0.1:*");
  ASSERT_TRUE(bound);
  const auto again = bind_socket(two, *bound);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(again.error().detail.find("in use"), std::string::npos) << again.error().detail;
  EXPECT_FALSE(bind_socket(two, "tcp://0.0.0.0:*"));
}

TEST(DeadlineUs, RoundTripsAndSurvivesWildValues) {
  using Clock = std::chrono::steady_clock;
  EXPECT_EQ(to_deadline_us(Clock::time_point::max()), 0U);
  EXPECT_EQ(from_deadline_us(0), Clock::time_point::max());
  EXPECT_EQ(from_deadline_us(~0ULL), Clock::time_point::max());
  const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(Clock::now());
  EXPECT_EQ(from_deadline_us(to_deadline_us(now)), now);
}

}  // namespace
}  // namespace pith
