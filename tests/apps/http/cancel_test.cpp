// The client is gone: the upstream hears of it at once, and so does the handler.
#include "tests/apps/http/edge_fixture.h"

namespace pith::testing {
namespace {

class EdgeCancel : public EdgeTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void leave(RawSocket& socket) {
    const std::string how = GetParam();
    if (how == "close") socket.close();
    if (how == "reset") socket.reset();
    if (how == "half_close") socket.half_close();
  }
};
INSTANTIATE_TEST_SUITE_P(By, EdgeCancel, ::testing::Values("close", "reset", "half_close"),
                         [](const auto& how) { return std::string(how.param); });

/// An upstream that reads a request, sends `answer`, and notes when its peer goes.
struct Waiting {
  explicit Waiting(std::string answer)
      : upstream([this, answer = std::move(answer)](RawSocket& peer, int) {
          read_message(peer);
          peer.send(answer);
          got_request = true;
          RawSocket::End end;
          peer.read_to_end(&end);
          saw_end = end != RawSocket::End::kTimeout;
        }) {}
  std::atomic<bool> got_request{false}, saw_end{false};
  TestUpstream upstream;
};

TEST_P(EdgeCancel, BeforeTheFirstByteReachesTheUpstream) {
  Waiting waiting("");
  start(waiting.upstream.port());
  for (const char* target : {"/relay", "/edit"}) {
    waiting.got_request = waiting.saw_end = false;
    RawSocket socket = client();
    ASSERT_TRUE(socket.send(post(target, "x")));
    ASSERT_TRUE(eventually([&] { return waiting.got_request.load(); }));
    leave(socket);
    EXPECT_TRUE(eventually([&] { return waiting.saw_end.load(); }, 1s)) << target;
  }
  const auto finished = handler_.wait_finished(2);
  EXPECT_TRUE(finished.outcome.client_gone);
  EXPECT_EQ(finished.outcome.status, 0U);
  EXPECT_EQ(counters().client_gone, 2U);
  EXPECT_EQ(counters().in_flight, 0);
}

TEST_P(EdgeCancel, InMidStreamReachesTheUpstream) {
  Waiting waiting("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("data: 1\n\n"));
  start(waiting.upstream.port());
  RawSocket socket = client();
  ASSERT_TRUE(socket.send(post("/relay", "x")));
  ASSERT_NE(socket.read_until("data: 1"), "");
  leave(socket);
  EXPECT_TRUE(eventually([&] { return waiting.saw_end.load(); }, 1s));
  const auto finished = handler_.wait_finished();
  EXPECT_TRUE(finished.outcome.client_gone);
  EXPECT_EQ(finished.outcome.status, 200U);
}

TEST_P(EdgeCancel, DuringAnEditIsToldToTheHandler) {
  TestUpstream upstream(answer_each([](const RawMessage&) { return "never"; }));
  std::atomic<bool> called{false};
  std::shared_ptr<EdgeRequest> held;
  TestHandler::EditDone done;
  handler_.on_edit = [&](std::shared_ptr<EdgeRequest> request, TestHandler::EditDone edit_done) {
    held = std::move(request);
    done = std::move(edit_done);
    called = true;
  };
  start(upstream.port());
  RawSocket socket = client();
  ASSERT_TRUE(socket.send(post("/edit", "x")));
  ASSERT_TRUE(eventually([&] { return called.load(); }));
  EXPECT_FALSE(held->cancelled->load());
  leave(socket);
  EXPECT_EQ(handler_.wait_gone(), 1U);
  EXPECT_TRUE(handler_.wait_finished().outcome.client_gone);
  done({});  // Too late: nothing is sent for a client that is gone.
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(upstream.num_connections(), 0);
}

TEST_P(EdgeCancel, DuringALocalAnswerIsToldToTheHandler) {
  TestHandler::LocalDone done;
  std::atomic<bool> called{false};
  handler_.on_local = [&](const std::shared_ptr<EdgeRequest>&, TestHandler::LocalDone local_done) {
    done = std::move(local_done);
    called = true;
  };
  start(1);
  RawSocket socket = client();
  ASSERT_TRUE(socket.send(post("/local", "x")));
  ASSERT_TRUE(eventually([&] { return called.load(); }));
  leave(socket);
  EXPECT_EQ(handler_.wait_gone(), 1U);
  done({});
}

TEST_P(EdgeCancel, DuringAnUploadReachesTheUpstream) {
  std::atomic<bool> saw_end{false};
  TestUpstream upstream([&](RawSocket& peer, int) {
    peer.read_to_end();
    saw_end = true;
  });
  start(upstream.port());
  RawSocket socket = client();
  ASSERT_TRUE(socket.send("POST /relay HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc"));
  ASSERT_TRUE(eventually([&] { return upstream.num_connections() == 1; }));
  leave(socket);
  EXPECT_TRUE(eventually([&] { return saw_end.load(); }, 1s));
}

class EdgePipelined : public EdgeTest {};

TEST_F(EdgePipelined, EndIsSeenBehindPipelinedBytes) {
  Waiting waiting("");
  start(waiting.upstream.port());
  RawSocket socket = client();
  ASSERT_TRUE(socket.send(post("/relay", "x") + post("/relay", "y")));
  ASSERT_TRUE(eventually([&] { return waiting.got_request.load(); }));
  socket.close();
  EXPECT_TRUE(eventually([&] { return waiting.saw_end.load(); }, 1s));
  EXPECT_EQ(waiting.upstream.num_connections(), 1);
}

}  // namespace
}  // namespace pith::testing
