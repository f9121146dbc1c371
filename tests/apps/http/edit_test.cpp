// Bodies that are read whole: edited and sent on, or answered here.
#include <random>

#include "tests/apps/http/edge_fixture.h"

namespace pith::testing {
namespace {

class EdgeEdit : public EdgeTest {};

TEST_F(EdgeEdit, ReplacedBodyGoesUpWithItsLength) {
  TestUpstream upstream(
      answer_each([](const RawMessage& request) { return request.head + request.body; }));
  handler_.on_edit = [](const std::shared_ptr<EdgeRequest>& request,
                        const TestHandler::EditDone& done) {
    EXPECT_EQ(request->body, "a long prompt");
    EXPECT_GE(request->body.capacity(), request->body.size() + 64);
    done({.replace_body = true,
          .body = "prompt",
          .response_headers = {{"x-pith-tokens-after", "1"}},
          .dropped_headers = {"Content-Encoding"}});
  };
  start(upstream.port());
  for (const std::string& framing :
       {std::string("Content-Length: 13\r\nx-a: b\r\ncontent-encoding: gzip\r\n\r\na long prompt"),
        std::string("Transfer-Encoding: chunked\r\nx-a: b\r\n\r\n6\r\na long\r\n7\r\n "
                    "prompt\r\n0\r\n\r\n")}) {
    const auto response = ask("POST /edit HTTP/1.1\r\nHost: h\r\n" + framing);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->field("x-pith-tokens-after"), "1");
    EXPECT_NE(response->body.find("ontent-"), std::string::npos);
    EXPECT_NE(response->body.find("ength: 6\r\n"), std::string::npos) << response->body;
    EXPECT_EQ(response->body.find("ransfer-"), std::string::npos);
    EXPECT_EQ(response->body.find("encoding"), std::string::npos);
    EXPECT_TRUE(response->body.ends_with("\r\n\r\nprompt"));
  }
}

TEST_F(EdgeEdit, UnchangedBodyGoesUpAsItCame) {
  TestUpstream upstream(
      answer_each([](const RawMessage& request) { return request.head + request.body; }));
  start(upstream.port());
  const auto plain = ask(post("/edit", "{ \"a\" : 1e0 }\n"));
  EXPECT_EQ(plain->body.substr(plain->body.find("\r\n\r\n") + 4), "{ \"a\" : 1e0 }\n");
  // A chunked body that was read whole has lost its chunks: its data goes up with a length.
  const auto chunked =
      ask("POST /edit HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
          "chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
  EXPECT_NE(chunked->body.find("content-length: 3\r\n"), std::string::npos);
  EXPECT_TRUE(chunked->body.ends_with("\r\n\r\nabc"));
  // No body at all: no length is invented.
  const auto none = ask("GET /edit HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(none->body.find("ength"), std::string::npos);
}

TEST_F(EdgeEdit, AnswerMayComeLateFromAnotherThread) {
  TestUpstream upstream(answer_each([](const RawMessage& request) { return request.body; }));
  std::vector<std::thread> threads;
  std::mutex mutex;
  handler_.on_edit = [&](std::shared_ptr<EdgeRequest> request, TestHandler::EditDone done) {
    const std::lock_guard lock(mutex);
    threads.emplace_back([request, done] {
      std::this_thread::sleep_for(10ms);
      done({.replace_body = true,
            .body = "[" + request->body + "]",
            .response_headers = {},
            .dropped_headers = {}});
    });
  };
  start(upstream.port());
  std::vector<RawSocket> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(client());
    ASSERT_TRUE(clients.back().send(post("/edit", std::to_string(i))));
  }
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(read_message(clients[static_cast<std::size_t>(i)])->body,
              "[" + std::to_string(i) + "]");
  for (std::thread& thread : threads) thread.join();
  const auto finished = handler_.wait_finished(20);
  EXPECT_TRUE(finished.with_request);
  EXPECT_EQ(finished.outcome.status, 200U);
}

TEST_F(EdgeEdit, AnswerAfterTheEdgeIsGoneIsIgnored) {
  TestUpstream upstream(answer_each([](const RawMessage& request) { return request.body; }));
  TestHandler::EditDone late;
  handler_.on_edit = [&](const std::shared_ptr<EdgeRequest>&, TestHandler::EditDone done) {
    late = std::move(done);
  };
  start(upstream.port(), {.drain_timeout = 10ms});
  RawSocket socket = client();
  ASSERT_TRUE(socket.send(post("/edit", "x")));
  ASSERT_TRUE(eventually([&] { return counters().in_flight == 1; }));
  edge_->stop();
  EXPECT_EQ(handler_.wait_gone(), 1U);
  edge_.reset();
  ASSERT_TRUE(late);
  late({});
}

TEST_F(EdgeEdit, ChunkedBodyCutAtEveryByteIsDecodedTheSame) {
  const std::string framed = "5;a=b\r\nhello\r\n0b\r\n wide world\r\n0\r\nt: v\r\n\r\n";
  start(1);
  RawSocket socket = client();
  for (std::size_t cut = 0; cut < framed.size(); ++cut) {
    ASSERT_TRUE(
        socket.send("POST /local HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" +
                    framed.substr(0, cut)));
    std::this_thread::sleep_for(1ms);
    ASSERT_TRUE(socket.send(framed.substr(cut)));
    const auto response = read_message(socket);
    ASSERT_TRUE(response) << cut;
    ASSERT_EQ(response->body, "hello wide world") << cut;
  }
}

TEST_F(EdgeEdit, LocalAnswersKeepTheConnection) {
  handler_.on_local = [](const std::shared_ptr<EdgeRequest>& request,
                         const TestHandler::LocalDone& done) {
    done({.status = request->head.method == "DELETE" ? 204U : 418U,
          .content_type = "text/x",
          .body = request->head.method + " " + request->head.target + " " + request->head.peer,
          .headers = {{"x-one", "1"}}});
  };
  start(1);
  RawSocket socket = client();
  ASSERT_TRUE(socket.send(
      "GET /local/a HTTP/1.1\r\nHost: h\r\n\r\nHEAD /local/b HTTP/1.1\r\nHost: h\r\n\r\n"
      "DELETE /local/c HTTP/1.1\r\nHost: h\r\n\r\nGET /local/d HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_EQ(socket.read_until("127.0.0.1"),
            "HTTP/1.1 418 \r\ncontent-type: text/x\r\ncontent-length: 22\r\nx-one: 1\r\n\r\nGET "
            "/local/a 127.0.0.1");
  EXPECT_EQ(socket.read_until("\r\n\r\n"),
            "HTTP/1.1 418 \r\ncontent-type: text/x\r\ncontent-length: 23\r\nx-one: 1\r\n\r\n");
  EXPECT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 204 No Content\r\nx-one: 1\r\n\r\n");
  EXPECT_EQ(socket.read_until("127.0.0.1").substr(0, 12), "HTTP/1.1 418");
}

}  // namespace
}  // namespace pith::testing
