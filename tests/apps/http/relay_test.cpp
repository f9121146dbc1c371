// What goes through: heads, bodies, framing, kept connections.
#include <unistd.h>

#include "tests/apps/http/edge_fixture.h"

namespace pith::testing {
namespace {

class EdgeRelay : public EdgeTest {};

TEST_F(EdgeRelay, HeadGoesThroughInOrderAndSpelling) {
  TestUpstream upstream(
      answer_each([](const RawMessage& request) { return request.head + request.body; }));
  start(upstream.port());
  const auto response =
      ask("POST /v1/a%2Fb//../c?x=%20&&y HTTP/1.1\r\n"
          "X-First:  two  words \r\n"
          "HOST: pith:8080\r\n"
          "Connection: keep-alive, X-Named\r\n"
          "X-Named: hop\r\n"
          "Keep-Alive: timeout=5\r\n"
          "Proxy-Authorization: Basic eA==\r\n"
          "Proxy-Connection: close\r\n"
          "TE: trailers\r\n"
          "Trailer: x\r\n"
          "Upgrade: h2c\r\n"
          "x-Pith-Mode: on\r\n"
          "authorization: Bearer k\r\n"
          "anthropic-beta: a\r\n"
          "anthropic-beta: b\r\n"
          "content-LENGTH: 3\r\n"
          "Cookie: a=b; c=d\r\n"
          "Empty:\r\n"
          "\r\nabc");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->content,
            "POST /v1/a%2Fb//../c?x=%20&&y HTTP/1.1\r\n"
            "X-First: two  words\r\n"
            "HOST: 127.0.0.1:" +
                std::to_string(upstream.port()) +
                "\r\n"
                "authorization: Bearer k\r\n"
                "anthropic-beta: a\r\n"
                "anthropic-beta: b\r\n"
                "content-LENGTH: 3\r\n"
                "Cookie: a=b; c=d\r\n"
                "Empty: \r\n"
                "\r\nabc");
}

TEST_F(EdgeRelay, ResponseHeadGoesThroughButHopByHop) {
  TestUpstream upstream(respond_each([](const RawMessage&) {
    return "HTTP/1.1 529 Site is overloaded\r\nSet-Cookie: a=1\r\nretry-after-ms: "
           "20\r\nset-cookie: b=2\r\n"
           "Connection: keep-alive, x-hop\r\nx-hop: 1\r\nKeep-Alive: timeout=5\r\nx-pith-status: "
           "theirs\r\n"
           "content-type: text/html\r\nContent-Length: 4\r\n\r\noops";
  }));
  handler_.relay_headers = {
      {"x-pith-status", "relayed"}, {"bad\r\nname", "x"}, {"x-bad", "a\r\nb: c"}};
  start(upstream.port());
  const auto response = ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->head,
            "HTTP/1.1 529 Site is overloaded\r\nSet-Cookie: a=1\r\nretry-after-ms: "
            "20\r\nset-cookie: b=2\r\n"
            "content-type: text/html\r\nContent-Length: 4\r\nx-pith-status: relayed\r\n\r\n");
  EXPECT_EQ(response->body, "oops");
  const auto finished = handler_.wait_finished();
  EXPECT_EQ(finished.outcome.status, 529U);
  EXPECT_EQ(finished.outcome.response_bytes, 4U);
  EXPECT_FALSE(finished.with_request);
}

TEST_F(EdgeRelay, KeepsConnectionsOnBothSides) {
  TestUpstream upstream(answer_each([](const RawMessage& request) { return request.body; }));
  start(upstream.port(), {.threads = 1});
  RawSocket socket = client();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(socket.send(post("/x", "body " + std::to_string(i))));
    const auto response = read_message(socket);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "body " + std::to_string(i));
    EXPECT_FALSE(response->field("connection"));
  }
  EXPECT_EQ(upstream.num_connections(), 1);
  EXPECT_EQ(counters().upstream_reused, 4U);
}

TEST_F(EdgeRelay, PipelinedRequestsAreAnsweredInOrder) {
  TestUpstream upstream(answer_each([](const RawMessage& request) { return request.body; }));
  start(upstream.port());
  std::string many;
  for (int i = 0; i < 50; ++i) {
    many += post(i % 3 == 0 ? "/local" : i % 3 == 1 ? "/edit" : "/relay", std::to_string(i));
  }
  RawSocket socket = client();
  ASSERT_TRUE(socket.send(many));
  for (int i = 0; i < 50; ++i) {
    const auto response = read_message(socket);
    ASSERT_TRUE(response) << i;
    EXPECT_EQ(response->body, std::to_string(i));
  }
}

TEST_F(EdgeRelay, ChunkedBodiesPassByteForByteBothWays) {
  const std::string framed = "5;ext=1\r\nhello\r\n00001\r\n!\r\n0\r\n\r\n";
  TestUpstream upstream([&](RawSocket& peer, int) {
    while (!peer.read_until("\r\n\r\n").empty()) {
      const std::string body = peer.read_until("0\r\n\r\n");
      peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
    }
  });
  start(upstream.port());
  RawSocket socket = client();
  for (std::size_t cut = 1; cut < framed.size(); ++cut) {
    ASSERT_TRUE(socket.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" +
                            framed.substr(0, cut)));
    std::this_thread::sleep_for(1ms);
    ASSERT_TRUE(socket.send(framed.substr(cut)));
    EXPECT_EQ(socket.read_until("\r\n\r\n"),
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    ASSERT_EQ(socket.read_until("0\r\n\r\n"), framed) << cut;
  }
}

TEST_F(EdgeRelay, ResponsesCutAtEveryByteArriveWhole) {
  const std::string whole =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n"
      "a\r\n0123456789\r\n3\r\n\xe2\x82\xac\r\n0\r\n\r\n";
  std::atomic<std::size_t> cut{1};
  TestUpstream upstream([&](RawSocket& peer, int) {
    while (read_message(peer, true, 20s)) {
      peer.send(whole.substr(0, cut));
      std::this_thread::sleep_for(1ms);
      peer.send(whole.substr(cut));
    }
  });
  start(upstream.port());
  RawSocket socket = client();
  for (; cut < whole.size(); ++cut) {
    ASSERT_TRUE(socket.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    ASSERT_EQ(socket.read_until("0\r\n\r\n"), whole.substr(25)) << cut;
  }
}

TEST_F(EdgeRelay, HeadAnd204And304HaveNoBody) {
  TestUpstream upstream(respond_each([](const RawMessage& request) -> std::string {
    if (request.head.starts_with("HEAD")) return "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
    if (request.head.starts_with("GET /204")) return "HTTP/1.1 204 No Content\r\n\r\n";
    return "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\nETag: x\r\n\r\n";
  }));
  start(upstream.port());
  RawSocket socket = client();
  for (const char* request : {"HEAD /", "GET /204", "GET /304", "HEAD /"}) {
    ASSERT_TRUE(socket.send(std::string(request) + " HTTP/1.1\r\nHost: h\r\n\r\n"));
    const std::string head = socket.read_until("\r\n\r\n");
    EXPECT_EQ(head.find("HTTP/1.1"), 0U) << request;
  }
  EXPECT_TRUE(socket.stays_silent(20ms));
}

TEST_F(EdgeRelay, UntilCloseBodyEndsWithTheConnection) {
  TestUpstream upstream([](RawSocket& peer, int) {
    read_message(peer);
    peer.send("HTTP/1.1 200 OK\r\nx: y\r\n\r\nfirst ");
    std::this_thread::sleep_for(20ms);
    peer.send("second");
  });
  start(upstream.port());
  RawSocket socket = client();
  ASSERT_TRUE(socket.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  RawSocket::End end;
  EXPECT_EQ(socket.read_to_end(&end),
            "HTTP/1.1 200 OK\r\nx: y\r\nconnection: close\r\n\r\nfirst second");
  EXPECT_EQ(end, RawSocket::End::kFin);
}

TEST_F(EdgeRelay, Http10ClientsGetNoChunks) {
  TestUpstream upstream(respond_each([](const RawMessage& request) -> std::string {
    EXPECT_EQ(request.first_line(), "GET /x HTTP/1.1");
    EXPECT_TRUE(request.field("host"));
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n";
  }));
  start(upstream.port());
  RawSocket socket = client();
  ASSERT_TRUE(socket.send("GET /x HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(socket.read_to_end(), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello!");
}

TEST_F(EdgeRelay, Http10KeepAliveIsHonouredWithALength) {
  TestUpstream upstream(answer_each([](const RawMessage&) { return "hi"; }));
  start(upstream.port());
  RawSocket socket = client();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(socket.send("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    const auto response = read_message(socket);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->field("connection"), "keep-alive");
  }
}

TEST_F(EdgeRelay, ConnectionCloseIsHonoured) {
  TestUpstream upstream(answer_each([](const RawMessage&) { return "hi"; }));
  start(upstream.port());
  RawSocket socket = client();
  ASSERT_TRUE(socket.send("GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
  RawSocket::End end;
  EXPECT_EQ(socket.read_to_end(&end),
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi");
  EXPECT_EQ(end, RawSocket::End::kFin);
}

TEST_F(EdgeRelay, ContinueIsAnsweredHereAndNotSentOn) {
  TestUpstream upstream(answer_each([](const RawMessage& request) {
    EXPECT_FALSE(request.field("expect"));
    return request.body;
  }));
  start(upstream.port());
  for (const char* target : {"/relay", "/edit", "/local"}) {
    RawSocket socket = client();
    ASSERT_TRUE(
        socket.send("POST " + std::string(target) +
                    " HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 4\r\n\r\n"));
    ASSERT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n") << target;
    ASSERT_TRUE(socket.send("body"));
    const auto response = read_message(socket);
    ASSERT_TRUE(response) << target;
    EXPECT_EQ(response->body, "body");
  }
  EXPECT_EQ(ask(post("/x", "a", "Expect: miracles\r\n"))->status(), 417);
}

TEST_F(EdgeRelay, InterimResponsesPassExceptContinue) {
  TestUpstream upstream(respond_each([](const RawMessage&) {
    return "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
           ok_response("x");
  }));
  start(upstream.port());
  RawSocket socket = client();
  ASSERT_TRUE(socket.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  EXPECT_EQ(socket.read_until("x"), ok_response("x"));
}

TEST_F(EdgeRelay, EarlyAnswerToAnUnfinishedUploadArrives) {
  TestUpstream upstream([](RawSocket& peer, int) {
    peer.read_until("\r\n\r\n");
    peer.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
    peer.read_to_end();
  });
  start(upstream.port());
  RawSocket socket = client();
  ASSERT_TRUE(socket.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nabc"));
  const auto response = read_message(socket);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status(), 401);
  EXPECT_EQ(response->field("connection"), "close");
}

TEST_F(EdgeRelay, UpgradeBecomesATunnel) {
  TestUpstream upstream([](RawSocket& peer, int) {
    const std::string head = peer.read_until("\r\n\r\n");
    EXPECT_NE(head.find("Upgrade: websocket\r\n"), std::string::npos);
    EXPECT_NE(head.find("Connection: upgrade\r\n"), std::string::npos);
    peer.send(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
        "Upgrade\r\n\r\nhello");
    for (std::string in; !(in = peer.read_until(".")).empty();) peer.send("<" + in + ">");
    peer.send("bye");
  });
  start(upstream.port());
  RawSocket socket = client();
  ASSERT_TRUE(
      socket.send("GET /rt HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: "
                  "websocket\r\n\r\n"));
  EXPECT_EQ(
      socket.read_until("hello"),
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nhello");
  ASSERT_TRUE(socket.send("GET / HTTP/1.1."));
  EXPECT_EQ(socket.read_until("<1.>"), "<GET / HTTP/1.><1.>");  // Echoed at each full stop.
}

TEST_F(EdgeRelay, RefusedUpgradeIsAnOrdinaryAnswer) {
  TestUpstream upstream(answer_each([](const RawMessage&) { return "no"; }));
  start(upstream.port());
  RawSocket socket = client();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(socket.send(
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"));
    EXPECT_EQ(read_message(socket)->body, "no");
  }
}

TEST_F(EdgeRelay, TargetFormsOtherThanPaths) {
  TestUpstream upstream(answer_each([](const RawMessage& request) { return request.head; }));
  start(upstream.port());
  EXPECT_EQ(ask("GET http://api.example/v1/x?q HTTP/1.1\r\nHost: other\r\n\r\n")
                ->body.find("GET /v1/x?q HTTP/1.1"),
            0U);
  EXPECT_EQ(
      ask("GET http://api.example HTTP/1.1\r\nHost: other\r\n\r\n")->body.find("GET / HTTP/1.1"),
      0U);
  EXPECT_EQ(ask("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n")->status(), 405);
  EXPECT_EQ(ask("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n")->status(), 405);
  EXPECT_EQ(ask("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n")->status(), 405);
  EXPECT_EQ(ask("GET foo HTTP/1.1\r\nHost: h\r\n\r\n")->status(), 400);
  EXPECT_EQ(ask("GET ftp://a/b HTTP/1.1\r\nHost: h\r\n\r\n")->status(), 400);
  EXPECT_EQ(ask("GET http://u@a/b HTTP/1.1\r\nHost: h\r\n\r\n")->status(), 400);
}

TEST_F(EdgeRelay, LargeBodiesBothWays) {
  std::string body(8U << 20, 'x');
  for (std::size_t i = 0; i < body.size(); i += 101) body[i] = static_cast<char>('a' + i % 23);
  TestUpstream upstream(answer_each([](const RawMessage& request) { return request.body; }));
  start(upstream.port());
  for (const char* target : {"/relay", "/edit"}) {
    RawSocket socket = client();
    std::thread sender([&] { EXPECT_TRUE(socket.send(post(target, body))); });
    RawSocket reader(::dup(socket.fd()));
    const auto response = read_message(reader, true, 20s);
    sender.join();
    ASSERT_TRUE(response) << target;
    EXPECT_TRUE(response->body == body);
  }
}

}  // namespace
}  // namespace pith::testing
