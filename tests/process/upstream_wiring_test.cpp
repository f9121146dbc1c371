// What --upstream, --ca-file and HTTPS_PROXY lead to, and what happens with no upstream at all.
#include <csignal>

#include "tests/apps/http/test_upstream.h"
#include "tests/apps/http/tls_upstream.h"
#include "tests/process/harness/serve_test.h"

namespace pith::process {
namespace {

using pith::testing::CaFile;
using pith::testing::Identity;
using pith::testing::make_identity;
using pith::testing::make_server;
using pith::testing::TestUpstream;
using pith::testing::TlsPeer;

class UpstreamWiring : public ServeTest {
 protected:
  static void SetUpTestSuite() { ::signal(SIGPIPE, SIG_IGN); }

  /// A TLS server whose answers quote the head that it got.
  TestUpstream::Script quote() {
    return [this](pith::testing::RawSocket& socket, int) {
      TlsPeer peer(context_.get(), socket);
      if (!peer.is_open()) return;
      for (std::string head; !(head = peer.read_until("\r\n\r\n")).empty();) {
        if (!peer.send(pith::testing::ok_response(head))) return;
      }
    };
  }
  std::string secure_url(std::uint16_t upstream_port) {
    return "https://localhost:" + std::to_string(upstream_port);
  }

  Identity ca_ = make_identity(nullptr, "");
  Identity identity_ = make_identity(&ca_, "DNS:localhost,DNS:api.test");
  CaFile ca_file_{ca_};
  std::unique_ptr<SSL_CTX, SslDeleter> context_ = make_server(identity_);
};

TEST_F(UpstreamWiring, HttpsIsVerifiedAgainstTheGivenCa) {
  TestUpstream upstream(quote());
  PithServer trusting(PithServer::Setup{.upstream = secure_url(upstream.port()),
                                        .arguments = {"--ca-file", ca_file_.path()}});
  const Reply reply = request(trusting.port(), "GET", "/v1/models");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_NE(reply.body.find("localhost:" + std::to_string(upstream.port())), std::string::npos)
      << reply.body;
  PithServer doubting(PithServer::Setup{.upstream = secure_url(upstream.port())});
  const Reply refused = request(doubting.port(), "GET", "/v1/models");
  EXPECT_EQ(refused.status, 502);
  EXPECT_NE(refused.body.find("\"error\""), std::string::npos) << refused.body;
}

TEST_F(UpstreamWiring, TheProxyOfTheEnvironmentIsAsked) {
  std::string asked;
  TestUpstream proxy([&asked](pith::testing::RawSocket& socket, int) {
    asked = socket.read_until("\r\n\r\n");
    socket.send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
  });
  PithServer server(PithServer::Setup{
      .upstream = "https://api.test",
      .environment = {{"HTTPS_PROXY", "http://127.0.0.1:" + std::to_string(proxy.port())}}});
  EXPECT_EQ(request(server.port(), "GET", "/v1/models").status, 502);
  EXPECT_TRUE(asked.starts_with("CONNECT api.test:443 HTTP/1.1\r\n")) << asked;
  PithServer direct(PithServer::Setup{
      .upstream = mock().url(),
      .environment = {{"HTTP_PROXY", "http://127.0.0.1:9"}, {"NO_PROXY", "127.0.0.1"}}});
  EXPECT_EQ(request(direct.port(), "GET", "/v1/models").status, 200);
}

TEST_F(UpstreamWiring, WithoutOneADemonstrationAnswersAndSaysSo) {
  PithServer server(PithServer::Setup{});
  ASSERT_TRUE(server.ready());
  EXPECT_NE(server.child().output().find("demonstration"), std::string::npos);
  const Headers headers{{"content-type", "application/json"}};
  const Reply whole =
      request(server.port(), "POST", "/v1/chat/completions", headers, chat_body(prose(900)));
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.header("x-pith-status"), "compressed");
  EXPECT_NE(whole.body.find("demonstration"), std::string::npos) << whole.body;
  const Reply stream = request(
      server.port(), "POST", "/v1/messages", headers,
      R"({"model": "m", "max_tokens": 9, "stream": true, "messages": [{"role": "user", "content": "hi"}]})");
  EXPECT_EQ(stream.status, 200);
  EXPECT_NE(stream.body.find("message_stop"), std::string::npos) << stream.body;
  EXPECT_TRUE(stream.complete);
}

}  // namespace
}  // namespace pith::process
