// Upstreams that are missing, slow, broken or lead back here.
#include <sys/socket.h>
#include <unistd.h>

#include "tests/apps/http/edge_fixture.h"

namespace pith::testing {
namespace {

class EdgeUpstream : public EdgeTest {};

const std::string kGet = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";

std::uint16_t unused_port() {
  TestUpstream upstream([](RawSocket&, int) {});
  return upstream.port();
}

TEST_F(EdgeUpstream, UnreachableIs502AndTheConnectionStays) {
  start(unused_port());
  RawSocket socket = client();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(socket.send(i == 0 ? kGet : post("/edit", "body")));
    const auto response = read_message(socket);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status(), 502);
    EXPECT_NE(response->body.find("upstream up: cannot connect: Connection refused"),
              std::string::npos);
  }
  EXPECT_EQ(counters().upstream_failed, 2U);
}

TEST_F(EdgeUpstream, NoneConfiguredIs502) {
  EdgeOptions options;
  auto edge = Edge::start(
      [] {
        EdgeOptions o;
        o.port = 0;
        return o;
      }(),
      handler_);
  ASSERT_TRUE(edge);
  edge_ = std::move(*edge);
  EXPECT_EQ(ask(kGet)->status(), 502);
  EXPECT_EQ(ask(post("/local", "x"))->status(), 200);
}

TEST_F(EdgeUpstream, EveryAddressOfANameIsTried) {
  TestUpstream upstream(
      answer_each([](const RawMessage& request) { return *request.field("host"); }));
  Upstream named;
  named.host = "localhost";  // ::1 first on most machines, where nobody listens.
  named.port = upstream.port();
  named.path_prefix = "/pre";
  start(0, {.upstreams = {named}});
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(ask(kGet)->body, "localhost:" + std::to_string(upstream.port()));
}

TEST_F(EdgeUpstream, PathPrefixIsPutBeforeTheTarget) {
  TestUpstream upstream(
      answer_each([](const RawMessage& request) { return request.first_line(); }));
  Upstream named;
  named.host = "127.0.0.1";
  named.port = upstream.port();
  named.path_prefix = "/openai";
  start(0, {.upstreams = {named}});
  EXPECT_EQ(ask(kGet)->body, "GET /openai/x HTTP/1.1");
}

TEST_F(EdgeUpstream, ClosingWithoutAnAnswerIs502AndNotTriedAgain) {
  TestUpstream upstream([](RawSocket& peer, int) { read_message(peer); });
  start(upstream.port());
  EXPECT_EQ(ask(kGet)->status(), 502);
  EXPECT_EQ(ask(post("/edit", "x"))->status(), 502);
  EXPECT_EQ(upstream.num_connections(), 2);
}

TEST_F(EdgeUpstream, KeptConnectionThatTurnsOutClosedIsReplacedOnce) {
  // Every connection answers one request and closes when the second one arrives: what a keep-alive
  // race looks like.
  std::atomic<int> num_requests{0};
  TestUpstream upstream([&](RawSocket& peer, int) {
    const auto request = read_message(peer, true, 20s);
    if (!request) return;
    ++num_requests;
    peer.send(ok_response(request->body));
    read_message(peer, true, 20s);
  });
  start(upstream.port(), {.threads = 1});
  RawSocket socket = client();
  for (const char* target : {"/relay", "/relay", "/edit", "/relay"}) {
    ASSERT_TRUE(socket.send(post(target, std::string("to ") + target)));
    const auto response = read_message(socket);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, std::string("to ") + target);
  }
  EXPECT_EQ(num_requests, 4);
  EXPECT_EQ(upstream.num_connections(), 4);
}

TEST_F(EdgeUpstream, StaleConnectionInTheMiddleOfAChunkedUploadIsReplaced) {
  TestUpstream upstream([&](RawSocket& peer, int number) {
    while (true) {
      const auto request = read_message(peer, true, 20s);
      if (!request) return;
      peer.send(ok_response(request->content));
      if (number == 0) {
        peer.read_until("part one");
        return;
      }
    }
  });
  start(upstream.port(), {.threads = 1});
  RawSocket socket = client();
  ASSERT_TRUE(socket.send(post("/relay", "first")));
  ASSERT_TRUE(read_message(socket));
  ASSERT_TRUE(socket.send("POST /relay HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" +
                          chunk("part one")));
  std::this_thread::sleep_for(50ms);
  ASSERT_TRUE(socket.send(chunk(" part two") + "0\r\n\r\n"));
  const auto response = read_message(socket);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "part one part two");
  EXPECT_EQ(upstream.num_connections(), 2);
}

TEST_F(EdgeUpstream, KeptConnectionThatDiesAtWorkIsNotTriedAgain) {
  TestUpstream upstream([](RawSocket& peer, int) {
    read_message(peer, true, 20s);
    peer.send(ok_response("x"));
    read_message(peer, true, 20s);
    std::this_thread::sleep_for(
        2600ms);  // At work on it for longer than a stale connection would take to tell.
  });
  start(upstream.port(), {.threads = 1});
  RawSocket socket = client();
  ASSERT_TRUE(socket.send(kGet));
  ASSERT_TRUE(read_message(socket));
  ASSERT_TRUE(socket.send(kGet));
  EXPECT_EQ(read_message(socket)->status(), 502);
  EXPECT_EQ(upstream.num_connections(), 1);
}

TEST_F(EdgeUpstream, IdleConnectionsAreGivenUpInTime) {
  TestUpstream upstream(respond_each([](const RawMessage&) {
    return "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1, max=5\r\nContent-Length: 0\r\n\r\n";
  }));
  start(upstream.port(), {.threads = 1});
  RawSocket socket = client();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(socket.send(kGet));
    ASSERT_TRUE(read_message(socket));
  }
  EXPECT_EQ(upstream.num_connections(), 2) << "a second that ends in a second is no second";
}

TEST_F(EdgeUpstream, NoAnswerInTimeIs504) {
  TestUpstream upstream([](RawSocket& peer, int) { peer.read_to_end(); });
  start(upstream.port(), {.response_timeout = 200ms});
  EXPECT_EQ(ask(kGet)->status(), 504);
  EXPECT_EQ(ask(post("/edit", "x"))->status(), 504);
  EXPECT_EQ(handler_.wait_finished(2).outcome.status, 504U);
}

struct Cut {
  const char* name;
  std::string response;
  bool by_reset = false;
};

class EdgeCutResponse : public EdgeTest, public ::testing::WithParamInterface<Cut> {};

TEST_P(EdgeCutResponse, IsVisibleToTheClient) {
  TestUpstream upstream([&](RawSocket& peer, int) {
    read_message(peer);
    peer.send(GetParam().response);
    std::this_thread::sleep_for(20ms);
    if (GetParam().by_reset) peer.reset();
  });
  start(upstream.port());
  RawSocket socket = client();
  ASSERT_TRUE(socket.send(kGet));
  RawSocket::End end;
  const std::string got = socket.read_to_end(&end);
  EXPECT_EQ(got.find("HTTP/1.1 200"), 0U);
  EXPECT_EQ(got.find("\r\n0\r\n"), std::string::npos);
  EXPECT_NE(end, RawSocket::End::kTimeout);
  if (got.find("chunked") == std::string::npos && got.find("ength") == std::string::npos) {
    EXPECT_EQ(end, RawSocket::End::kReset)
        << "only a reset tells a cut until-close body from a whole one";
  }
  EXPECT_TRUE(handler_.wait_finished().outcome.upstream_broke);
}
INSTANTIATE_TEST_SUITE_P(
    Of, EdgeCutResponse,
    ::testing::Values(
        Cut{"Chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"},
        Cut{"ChunksInAChunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"},
        Cut{"ChunksBeforeTheEnd",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r"},
        Cut{"ChunksByReset", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            true},
        Cut{"BadChunks",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n"},
        Cut{"Length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"},
        Cut{"LengthByReset", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", true},
        Cut{"UntilClose", "HTTP/1.1 200 OK\r\n\r\nhello", true}),
    [](const auto& cut) { return cut.param.name; });

TEST_F(EdgeUpstream, CutChunksTowardsHttp10AreAReset) {
  TestUpstream upstream([&](RawSocket& peer, int) {
    read_message(peer);
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    std::this_thread::sleep_for(20ms);
  });
  start(upstream.port());
  RawSocket socket = client();
  ASSERT_TRUE(socket.send("GET / HTTP/1.0\r\n\r\n"));
  RawSocket::End end;
  socket.read_to_end(&end);
  EXPECT_EQ(end, RawSocket::End::kReset);
}

TEST_F(EdgeUpstream, SilenceInMidStreamIsCut) {
  TestUpstream upstream([](RawSocket& peer, int) {
    read_message(peer);
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("data"));
    peer.read_to_end();
  });
  start(upstream.port(), {.idle_timeout = 300ms});
  RawSocket socket = client();
  ASSERT_TRUE(socket.send(kGet));
  RawSocket::End end;
  EXPECT_TRUE(socket.read_to_end(&end).ends_with("data\r\n"));
  EXPECT_EQ(end, RawSocket::End::kFin);
}

TEST_F(EdgeUpstream, UploadThatNobodyTakesIs504) {
  TestUpstream upstream([](RawSocket& peer, int) {
    peer.read_until("\r\n\r\n");
    std::this_thread::sleep_for(2s);  // Reads nothing.
  });
  start(upstream.port(), {.idle_timeout = 400ms});
  RawSocket socket = client();
  RawSocket reader(::dup(socket.fd()));
  std::thread sender([&] { socket.send(post("/relay", std::string(64U << 20, 'x'))); });
  const auto response = read_message(reader);
  ::shutdown(reader.fd(), SHUT_RDWR);
  sender.join();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status(), 504);
}

TEST_F(EdgeUpstream, ItsOwnListenerIsALoop) {
  const std::uint16_t port = unused_port();
  Upstream self;
  self.host = "127.0.0.1";
  self.port = port;
  EdgeOptions options;
  options.port = port;
  options.upstreams = {self};
  auto edge = Edge::start(options, handler_);
  ASSERT_TRUE(edge) << edge.error().detail;
  edge_ = std::move(*edge);
  EXPECT_EQ(ask(kGet)->status(), 508);
  EXPECT_EQ(counters().requests, 1U);
}

TEST_F(EdgeUpstream, ViaFindsALoopThroughOthers) {
  std::uint16_t back_to = 0;
  TestUpstream other([&](RawSocket& peer, int) {
    const auto request = read_message(peer);
    if (!request) return;
    RawSocket back = RawSocket::connect_to(back_to);
    back.send(request->head + request->body);
    if (const auto response = read_message(back)) peer.send(response->head + response->body);
  });
  Upstream via;
  via.host = "127.0.0.1";
  via.port = other.port();
  via.send_via = true;
  start(0, {.upstreams = {via}});
  back_to = edge_->port();
  EXPECT_EQ(ask(kGet)->status(), 508);
  EXPECT_EQ(other.num_connections(), 1);
}

TEST_F(EdgeUpstream, ATakenPortIsAnError) {
  start(1);
  EdgeOptions options;
  options.port = edge_->port();
  const auto second = Edge::start(options, handler_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(second.error().detail.find("cannot listen on 127.0.0.1:"), 0U);
}

}  // namespace
}  // namespace pith::testing
