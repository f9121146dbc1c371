// What is too large, too slow or too much.
#include <unistd.h>

#include "tests/apps/http/edge_fixture.h"

namespace pith::testing {
namespace {

class EdgeLimits : public EdgeTest {
 protected:
  TestUpstream upstream_{answer_each([](const RawMessage& request) { return request.body; })};
};

TEST_F(EdgeLimits, HeadsBeyondTheLimitsGet431) {
  start(upstream_.port(), {.header_bytes_max = 4096, .header_fields_max = 20});
  std::string many = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 20; ++i) many += "a: b\r\n";
  EXPECT_EQ(ask(many + "\r\n")->status(), 431);
  EXPECT_EQ(
      ask("GET / HTTP/1.1\r\nHost: h\r\nCookie: " + std::string(5000, 'c') + "\r\n\r\n")->status(),
      431);
  EXPECT_EQ(ask("GET /" + std::string(300'000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n")->status(),
            431);
  EXPECT_EQ(
      ask("GET / HTTP/1.1\r\nHost: h\r\nCookie: " + std::string(3000, 'c') + "\r\n\r\n")->status(),
      200);
}

TEST_F(EdgeLimits, A60KilobyteHeadPassesByDefault) {
  start(upstream_.port());
  EXPECT_EQ(ask("GET / HTTP/1.1\r\nHost: h\r\nCookie: " + std::string(60'000, 'c') + "\r\n\r\n")
                ->status(),
            200);
}

TEST_F(EdgeLimits, BodiesBeyondTheLimitGet413) {
  handler_.body_bytes_max = 1000;
  start(upstream_.port());
  const std::string large(1001, 'x');
  for (const char* target : {"/edit", "/local"}) {
    EXPECT_EQ(ask(post(target, large))->status(), 413);
    EXPECT_EQ(ask("POST " + std::string(target) +
                  " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(large) +
                  "0\r\n\r\n")
                  ->status(),
              413);
    EXPECT_EQ(ask(post(target, std::string(1000, 'x')))->status(), 200);
  }
  // Before 100 Continue, and readable although the client is still sending.
  RawSocket socket = client();
  ASSERT_TRUE(socket.send(
      "POST /edit HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n"));
  EXPECT_EQ(read_message(socket)->status(), 413);
  EXPECT_EQ(ask(post("/relay", large))->status(), 200) << "a relayed body has no limit";
}

TEST_F(EdgeLimits, ClientStillSendingATooLargeBodyReadsThe413) {
  handler_.body_bytes_max = 1000;
  start(upstream_.port());
  RawSocket socket = client();
  std::thread sender([&] { socket.send(post("/edit", std::string(4U << 20, 'x'))); });
  RawSocket reader(::dup(socket.fd()));
  const auto response = read_message(reader);
  sender.join();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status(), 413);
}

TEST_F(EdgeLimits, BodyMemoryIsBounded) {
  std::vector<TestHandler::LocalDone> held;
  std::vector<std::shared_ptr<EdgeRequest>> requests;
  std::mutex mutex;
  handler_.on_local = [&](std::shared_ptr<EdgeRequest> request, TestHandler::LocalDone done) {
    const std::lock_guard lock(mutex);
    requests.push_back(std::move(request));
    held.push_back(std::move(done));
  };
  start(upstream_.port(), {.body_memory_max = 1U << 20});
  RawSocket first = client();
  ASSERT_TRUE(first.send(post("/local", std::string(700'000, 'x'))));
  ASSERT_TRUE(eventually([&] {
    const std::lock_guard lock(mutex);
    return held.size() == 1;
  }));
  const auto refused = ask(post("/local", std::string(700'000, 'x')));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status(), 503);
  EXPECT_TRUE(refused->field("retry-after"));
  {
    const std::lock_guard lock(mutex);
    held[0]({});
  }
  EXPECT_EQ(read_message(first)->status(), 200);
  handler_.on_local = [](const std::shared_ptr<EdgeRequest>&, const TestHandler::LocalDone& done) {
    done({});
  };
  handler_.wait_finished(2);
  EXPECT_EQ(ask(post("/local", std::string(700'000, 'x')))->status(), 200)
      << "memory is given back";
}

TEST_F(EdgeLimits, PromisedBytesReserveNoMemory) {
  start(upstream_.port(), {.body_memory_max = 1U << 20});
  std::vector<RawSocket> idle;
  for (int i = 0; i < 10; ++i) {
    idle.push_back(client());
    ASSERT_TRUE(
        idle.back().send("POST /local HTTP/1.1\r\nHost: h\r\nContent-Length: 60000000\r\n\r\n"));
  }
  EXPECT_EQ(ask(post("/local", std::string(200'000, 'x')))->status(), 200);
}

TEST_F(EdgeLimits, RequestsBeyondTheLimitGet503AndKeepTheirConnection) {
  std::atomic<bool> go{false};
  TestUpstream slow(answer_each([&](const RawMessage&) {
    eventually([&] { return go.load(); });
    return "slow";
  }));
  start(slow.port(), {.requests_max = 2});
  std::vector<RawSocket> busy;
  for (int i = 0; i < 2; ++i) {
    busy.push_back(client());
    ASSERT_TRUE(busy.back().send(post("/relay", "x")));
  }
  ASSERT_TRUE(eventually([&] { return counters().in_flight == 2; }));
  RawSocket third = client();
  ASSERT_TRUE(third.send("GET /relay HTTP/1.1\r\nHost: h\r\n\r\n"));
  const auto refused = read_message(third);
  EXPECT_EQ(refused->status(), 503);
  EXPECT_EQ(refused->field("retry-after"), "1");
  go = true;
  for (RawSocket& socket : busy) EXPECT_EQ(read_message(socket)->body, "slow");
  ASSERT_TRUE(third.send("GET /relay HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_EQ(read_message(third)->body, "slow");
}

TEST_F(EdgeLimits, ConnectionsBeyondTheLimitGet503) {
  start(upstream_.port(), {.connections_max = 3});
  std::vector<RawSocket> open;
  for (int i = 0; i < 3; ++i) open.push_back(client());
  ASSERT_TRUE(eventually([&] { return counters().open_connections == 3; }));
  const auto refused = ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status(), 503);
  open.clear();
  ASSERT_TRUE(eventually([&] { return counters().open_connections == 0; }));
  EXPECT_EQ(ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n")->status(), 200);
}

TEST_F(EdgeLimits, SlowHeadsGet408AndSilentConnectionsAreClosed) {
  start(upstream_.port(), {.header_timeout = 300ms});
  RawSocket silent = client();
  RawSocket slow = client();
  ASSERT_TRUE(slow.send("GET / HT"));
  std::atomic<bool> stop{false};
  std::thread drip([&] {
    while (!stop && slow.send("a")) std::this_thread::sleep_for(50ms);
  });
  RawSocket reader(::dup(slow.fd()));
  const auto response = read_message(reader);
  stop = true;
  drip.join();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status(), 408);
  RawSocket::End end;
  EXPECT_EQ(silent.read_to_end(&end), "");
  EXPECT_EQ(end, RawSocket::End::kFin);
}

TEST_F(EdgeLimits, SlowBodiesGet408) {
  start(upstream_.port(), {.header_timeout = 300ms, .body_bytes_per_s_min = 10'000});
  for (const char* target : {"/relay", "/edit", "/local"}) {
    RawSocket socket = client();
    ASSERT_TRUE(socket.send("POST " + std::string(target) +
                            " HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nabc"));
    std::atomic<bool> stop{false};
    std::thread drip([&] {
      while (!stop && socket.send("a")) std::this_thread::sleep_for(20ms);
    });
    RawSocket reader(::dup(socket.fd()));
    const auto response = read_message(reader);
    stop = true;
    drip.join();
    ASSERT_TRUE(response) << target;
    EXPECT_EQ(response->status(), 408) << target;
  }
}

TEST_F(EdgeLimits, IdleKeptConnectionsAreClosed) {
  start(upstream_.port(), {.keep_alive_client = 200ms});
  RawSocket socket = client();
  ASSERT_TRUE(socket.send(post("/", "x")));
  ASSERT_TRUE(read_message(socket));
  RawSocket::End end;
  EXPECT_EQ(socket.read_to_end(&end), "");
  EXPECT_EQ(end, RawSocket::End::kFin);
}

}  // namespace
}  // namespace pith::testing
