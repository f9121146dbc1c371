// Streams: event by event, many at once, held back by slow readers, finished or cut by a stop.
#include <sys/socket.h>

#include "tests/apps/http/edge_fixture.h"

namespace pith::testing {
namespace {

class EdgeStream : public EdgeTest {};

const std::string kSseHead =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

TEST_F(EdgeStream, OneEventIsOutBeforeTheNextIsWrittenOn200Streams) {
  constexpr int kStreams = 200;
  constexpr int kEvents = 5;
  std::atomic<int> round{0};  // Events up to here may be written.
  TestUpstream upstream([&](RawSocket& peer, int) {
    if (!read_message(peer, true, 20s)) return;
    peer.send(kSseHead);
    for (int i = 0; i < kEvents; ++i) {
      if (!eventually([&] { return round >= i; }, 20s)) return;
      peer.send(chunk("data: event " + std::to_string(i) + "\n\n"));
    }
    peer.send("0\r\n\r\n");
  });
  start(upstream.port());
  std::vector<RawSocket> clients;
  for (int i = 0; i < kStreams; ++i) {
    clients.push_back(client());
    ASSERT_TRUE(clients.back().send(post(i % 2 == 0 ? "/relay" : "/edit", "{}")));
  }
  for (int i = 0; i < kEvents; ++i) {
    for (RawSocket& socket : clients) {
      ASSERT_NE(socket.read_until("data: event " + std::to_string(i) + "\n\n\r\n"), "");
    }
    ++round;
  }
  for (RawSocket& socket : clients) EXPECT_EQ(socket.read_until("0\r\n\r\n"), "0\r\n\r\n");
  EXPECT_EQ(counters().open_connections, kStreams);
}

TEST_F(EdgeStream, AReaderThatStopsHoldsTheUpstreamAndNobodyElse) {
  constexpr std::size_t kTotal = 64U << 20;
  std::atomic<std::size_t> num_sent{0};
  TestUpstream upstream([&](RawSocket& peer, int) {
    while (const auto request = read_message(peer, true, 20s)) {
      if (request->head.starts_with("GET /small")) {
        peer.send(ok_response("small"));
        continue;
      }
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kTotal) + "\r\n\r\n");
      const std::string piece(64U << 10, 'x');
      while (num_sent < kTotal && peer.send(piece)) num_sent += piece.size();
    }
  });
  start(upstream.port(), {.threads = 1});
  RawSocket slow = client(32 << 10);
  ASSERT_TRUE(slow.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n"));
  std::size_t last = 0;
  ASSERT_TRUE(eventually([&] {  // Until the upstream gets nothing more away.
    const std::size_t before = std::exchange(last, num_sent.load());
    std::this_thread::sleep_for(50ms);
    return before > 0 && before == num_sent;
  }));
  EXPECT_LT(num_sent, 24U << 20) << "only the kernel's buffers and our own may fill";
  EXPECT_EQ(ask("GET /small HTTP/1.1\r\nHost: h\r\n\r\n")->body, "small");
  slow.read_until("\r\n\r\n");
  std::size_t received = slow.input().size();
  while (received < kTotal) {
    slow.input().clear();
    ASSERT_EQ(slow.read_some(), RawSocket::End::kNone) << received;
    received += slow.input().size();
  }
  EXPECT_EQ(received, kTotal);
}

TEST_F(EdgeStream, AnUpstreamThatStopsReadingHoldsTheUpload) {
  std::atomic<bool> go{false};
  std::atomic<std::size_t> received{0};
  constexpr std::size_t kTotal = 64U << 20;
  TestUpstream upstream([&](RawSocket& peer, int) {
    peer.read_until("\r\n\r\n");
    eventually([&] { return go.load(); }, 20s);
    received = peer.input().size();
    while (received < kTotal) {
      peer.input().clear();
      if (peer.read_some() != RawSocket::End::kNone) return;
      received += peer.input().size();
    }
    peer.send(ok_response("done"));
  });
  start(upstream.port());
  RawSocket socket = client();
  std::atomic<std::size_t> num_sent{0};
  std::thread sender([&] {
    socket.send("POST /relay HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(kTotal) +
                "\r\n\r\n");
    const std::string piece(64U << 10, 'x');
    while (num_sent < kTotal && socket.send(piece)) num_sent += piece.size();
  });
  std::size_t last = 0;
  EXPECT_TRUE(eventually([&] {
    const std::size_t before = std::exchange(last, num_sent.load());
    std::this_thread::sleep_for(50ms);
    return before > 0 && before == num_sent;
  }));
  EXPECT_LT(num_sent, 24U << 20);
  go = true;
  sender.join();
  const auto response = read_message(socket, true, 20s);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "done");
  EXPECT_EQ(received, kTotal);
}

class EdgeStop : public EdgeTest {};

TEST_F(EdgeStop, LetsStreamsEndAndSaysCloseOnKeptConnections) {
  std::atomic<bool> go{false};
  TestUpstream upstream([&](RawSocket& peer, int) {
    while (const auto request = read_message(peer, true, 20s)) {
      if (!request->head.starts_with("GET /stream")) {
        peer.send(ok_response("small"));
        continue;
      }
      peer.send(kSseHead + chunk("data: 1\n\n"));
      eventually([&] { return go.load(); }, 20s);
      peer.send(chunk("data: 2\n\n") + "0\r\n\r\n");
    }
  });
  start(upstream.port(), {.drain_timeout = 10s});
  RawSocket kept = client();
  ASSERT_TRUE(kept.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"));
  ASSERT_TRUE(read_message(kept));
  RawSocket stream = client();
  ASSERT_TRUE(stream.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n"));
  ASSERT_NE(stream.read_until("data: 1"), "");

  const auto began = std::chrono::steady_clock::now();
  std::thread stopper([&] { edge_->stop(); });
  EXPECT_TRUE(eventually([&] { return !client().is_open(); }));
  ASSERT_TRUE(kept.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n"));
  const auto response = read_message(kept);
  EXPECT_TRUE(response && response->field("connection") == "close");
  EXPECT_EQ(kept.read_to_end(), "");
  go = true;
  EXPECT_NE(stream.read_until("0\r\n\r\n"), "");
  stopper.join();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST_F(EdgeStop, CutsWhatDoesNotEndInTime) {
  TestUpstream upstream([&](RawSocket& peer, int) {
    read_message(peer);
    peer.send(kSseHead + chunk("data: 1\n\n"));
    peer.read_to_end();
  });
  start(upstream.port(), {.drain_timeout = 200ms});
  RawSocket stream = client();
  ASSERT_TRUE(stream.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n"));
  ASSERT_NE(stream.read_until("data: 1\n\n\r\n"), "");
  edge_->stop();
  RawSocket::End end;
  EXPECT_EQ(stream.read_to_end(&end), "");
  EXPECT_EQ(end, RawSocket::End::kReset);
  EXPECT_EQ(handler_.num_finished(), 1U);
}

TEST_F(EdgeStop, IsQuickWhenIdle) {
  start(1, {.drain_timeout = 10s});
  std::vector<RawSocket> idle;
  for (int i = 0; i < 50; ++i) idle.push_back(client());
  ASSERT_TRUE(eventually([&] { return counters().open_connections == 50; }));
  const auto began = std::chrono::steady_clock::now();
  edge_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
  for (RawSocket& socket : idle) EXPECT_EQ(socket.read_to_end(), "");
}

}  // namespace
}  // namespace pith::testing
