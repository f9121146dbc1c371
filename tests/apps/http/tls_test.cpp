// Upstreams behind TLS, straight and through a CONNECT proxy.
#include <sys/socket.h>

#include <csignal>

#include "tests/apps/http/edge_fixture.h"
#include "tests/apps/http/tls_upstream.h"

namespace pith::testing {
namespace {

const std::string kGet = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";

class EdgeTls : public EdgeTest {
 protected:
  // What the edge does by itself for its own sockets; the test's server writes with OpenSSL, too.
  static void SetUpTestSuite() { ::signal(SIGPIPE, SIG_IGN); }

  TestUpstream::Script serve(std::function<void(TlsPeer&)> script) {
    return [this, script = std::move(script)](RawSocket& socket, int) {
      TlsPeer peer(server_.get(), socket);
      if (!peer.is_open()) return;
      ++num_handshakes_;
      if (peer.resumed()) ++num_resumed_;
      name_ = peer.server_name();
      script(peer);
    };
  }
  static void answer_all(TlsPeer& peer) {
    for (std::string head; !(head = peer.read_until("\r\n\r\n")).empty();) {
      if (!peer.send(ok_response(head))) return;
    }
  }
  EdgeOptions to(const std::string& host, std::uint16_t port, bool with_ca = true) {
    Upstream upstream;
    upstream.name = "up";
    upstream.tls = true;
    upstream.host = host;
    upstream.port = port;
    EdgeOptions options;
    options.threads = 1;
    options.upstreams = {upstream};
    if (with_ca) options.ca_file = ca_file_.path();
    return options;
  }

  Identity ca_ = make_identity(nullptr, "");
  Identity identity_ = make_identity(&ca_, "DNS:localhost,DNS:api.test,IP:127.0.0.1");
  CaFile ca_file_{ca_};
  std::unique_ptr<SSL_CTX, SslDeleter> server_ = make_server(identity_);
  std::atomic<int> num_handshakes_{0}, num_resumed_{0};
  std::string name_;
};

TEST_F(EdgeTls, VerifiedUpstreamIsUsedAndKept) {
  TestUpstream upstream(serve(answer_all));
  start(0, to("localhost", upstream.port()));
  RawSocket socket = client();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(socket.send(kGet));
    const auto response = read_message(socket);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status(), 200) << response->body;
    EXPECT_NE(response->body.find("Host: localhost:"), std::string::npos);
  }
  EXPECT_EQ(num_handshakes_, 1);
  EXPECT_EQ(name_, "localhost");
}

TEST_F(EdgeTls, AddressInTheCertificateIsVerified) {
  TestUpstream upstream(serve(answer_all));
  start(0, to("127.0.0.1", upstream.port()));
  EXPECT_EQ(ask(kGet)->status(), 200);
  EXPECT_EQ(name_, "");
}

TEST_F(EdgeTls, SessionsAreReused) {
  TestUpstream upstream(serve([](TlsPeer& peer) {
    peer.read_until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
    peer.close_notify();
  }));
  start(0, to("localhost", upstream.port()));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(kGet)->body, "hi");
  EXPECT_EQ(num_handshakes_, 3);
  EXPECT_EQ(num_resumed_, 2);
}

TEST_F(EdgeTls, UnknownCaIsRefused) {
  TestUpstream upstream(serve(answer_all));
  start(0, to("localhost", upstream.port(), false));
  const auto response = ask(kGet);
  EXPECT_EQ(response->status(), 502);
  EXPECT_NE(response->body.find("certificate verify failed"), std::string::npos) << response->body;
}

TEST_F(EdgeTls, WrongNameIsRefused) {
  TestUpstream upstream(serve(answer_all));
  identity_ = make_identity(&ca_, "DNS:elsewhere.test,DNS:*.test");
  server_ = make_server(identity_);
  start(0, to("localhost", upstream.port()));
  const auto response = ask(kGet);
  EXPECT_EQ(response->status(), 502);
  EXPECT_NE(response->body.find("hostname mismatch"), std::string::npos) << response->body;
}

TEST_F(EdgeTls, OldVersionsAreRefused) {
  server_ = make_server(identity_, TLS1_1_VERSION);
  TestUpstream upstream(serve(answer_all));
  start(0, to("localhost", upstream.port()));
  EXPECT_EQ(ask(kGet)->status(), 502);
}

TEST_F(EdgeTls, MissingCaFileIsAnError) {
  EdgeOptions options = to("localhost", 1);
  options.port = 0;
  options.ca_file = "/nonexistent/ca.pem";
  const auto edge = Edge::start(options, handler_);
  ASSERT_FALSE(edge);
  EXPECT_EQ(edge.error().code, ErrorCode::kFileUnreadable);
}

TEST_F(EdgeTls, PlainUpstreamIsRefused) {
  TestUpstream upstream([](RawSocket& peer, int) {
    peer.read_some();
    peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  start(0, to("localhost", upstream.port()));
  EXPECT_EQ(ask(kGet)->status(), 502);
}

TEST_F(EdgeTls, SilentHandshakeTimesOut) {
  TestUpstream upstream([](RawSocket& peer, int) { peer.read_to_end(); });
  EdgeOptions options = to("localhost", upstream.port());
  options.tls_timeout = 200ms;
  start(0, options);
  EXPECT_EQ(ask(kGet)->status(), 502);
}

TEST_F(EdgeTls, UntilCloseBodyWithoutCloseNotifyIsCut) {
  std::atomic<bool> notify{false};
  TestUpstream upstream(serve([&](TlsPeer& peer) {
    peer.read_until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\n\r\nhello");
    if (notify) peer.close_notify();
  }));
  start(0, to("localhost", upstream.port()));
  for (const bool clean : {true, false}) {
    notify = clean;
    RawSocket socket = client();
    ASSERT_TRUE(socket.send(kGet));
    RawSocket::End end;
    socket.read_to_end(&end);
    EXPECT_EQ(end, clean ? RawSocket::End::kFin : RawSocket::End::kReset);
  }
}

TEST_F(EdgeTls, LargeBodiesBothWays) {
  const std::string body(6U << 20, 'x');
  TestUpstream upstream(serve([&](TlsPeer& peer) {
    peer.read_until("\r\n\r\n");
    const std::string got = peer.read_until("END");
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(got.size()) + "\r\n\r\n");
    for (std::size_t at = 0; at < got.size(); at += 100'000)
      peer.send(std::string_view(got).substr(at, 100'000));
    peer.read_until("\r\n\r\n");
  }));
  start(0, to("localhost", upstream.port()));
  for (const char* target : {"/relay", "/edit"}) {
    RawSocket socket = client();
    ASSERT_TRUE(socket.send(post(target, body + "END")));
    const auto response = read_message(socket, true, 20s);
    ASSERT_TRUE(response) << target;
    EXPECT_TRUE(response->body == body + "END");
  }
}

/// A proxy for CONNECT: notes the request, answers `status`, and pumps bytes to `to_port`.
TestUpstream::Script connect_proxy(std::uint16_t to_port, std::string& request, int status = 200) {
  return [to_port, &request, status](RawSocket& peer, int) {
    request = peer.read_until("\r\n\r\n");
    peer.send("HTTP/1.1 " + std::to_string(status) + " Whatever\r\n\r\n");
    if (status != 200) return;
    RawSocket far = RawSocket::connect_to(to_port);
    std::thread down([&] {
      while (far.read_some(20s) == RawSocket::End::kNone && peer.send(far.input()))
        far.input().clear();
      ::shutdown(peer.fd(), SHUT_RDWR);
    });
    while (peer.read_some(20s) == RawSocket::End::kNone && far.send(peer.input()))
      peer.input().clear();
    ::shutdown(far.fd(), SHUT_RDWR);
    down.join();
  };
}

TEST_F(EdgeTls, ConnectProxyIsUsed) {
  TestUpstream upstream(serve(answer_all));
  std::string request;
  TestUpstream proxy(connect_proxy(upstream.port(), request));
  EdgeOptions options = to("api.test", 443);
  options.https_proxy = "http://user:p%40ss@127.0.0.1:" + std::to_string(proxy.port());
  start(0, options);
  RawSocket socket = client();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(socket.send(kGet));
    const auto response = read_message(socket);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status(), 200) << response->body;
    EXPECT_NE(response->body.find("Host: api.test\r\n"), std::string::npos);
    EXPECT_EQ(response->body.find("roxy"), std::string::npos);
  }
  EXPECT_EQ(name_, "api.test");
  EXPECT_EQ(request,
            "CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\nProxy-Authorization: Basic "
            "dXNlcjpwQHNz\r\n\r\n");
}

TEST_F(EdgeTls, RefusingProxyIs502) {
  std::string request;
  TestUpstream proxy(connect_proxy(1, request, 407));
  EdgeOptions options = to("api.test", 443);
  options.https_proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
  start(0, options);
  const auto response = ask(kGet);
  EXPECT_EQ(response->status(), 502);
  EXPECT_NE(response->body.find("proxy refused: status 407"), std::string::npos);
}

TEST_F(EdgeTls, NoProxyGoesStraight) {
  TestUpstream upstream(serve(answer_all));
  EdgeOptions options = to("localhost", upstream.port());
  options.https_proxy = "http://127.0.0.1:1";
  start(0, options);
  EXPECT_EQ(ask(kGet)->status(), 200);
}

TEST_F(EdgeTls, PlainUpstreamBehindAProxyGetsAbsoluteForm) {
  TestUpstream proxy(answer_each([](const RawMessage& request) { return request.head; }));
  EdgeOptions options = to("api.test", 80);
  options.upstreams[0].tls = false;
  options.http_proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
  start(0, options);
  EXPECT_EQ(ask(kGet)->body, "GET http://api.test/x HTTP/1.1\r\nHost: api.test\r\n\r\n");
}

}  // namespace
}  // namespace pith::testing
