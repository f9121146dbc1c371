// Requests whose framing two parsers could read differently: refused, and the upstream sees nothing
// of them.
#include "tests/process/harness/serve_test.h"

namespace pith::process {
namespace {

class Smuggling : public ServeTest {
 protected:
  /// Sends the bytes; the answer must be `status` or a closed connection without one, the upstream
  /// untouched.
  void expect_refused(const std::string& name, const std::string& bytes, int status = 400) {
    SCOPED_TRACE(name);
    RawSocket socket(port());
    ASSERT_TRUE(socket.connected());
    socket.send(bytes);
    const Reply reply = socket.read_reply(Millis(3000));
    EXPECT_FALSE(reply.timed_out) << "neither answered nor closed";
    EXPECT_TRUE(reply.status == status || (reply.status == 0 && status != 400))
        << "status " << reply.status << "\n"
        << reply.head;
    EXPECT_TRUE(socket.closed(Millis(3000))) << "the connection stays open";
    EXPECT_EQ(mock().num_requests(), 0U) << "the upstream saw a request";
    if (mock().num_requests() != 0) mock().reset();
  }
};

const std::string kPost =
    "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
const std::string kHidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_F(Smuggling, LengthsThatDisagreeAreRefused) {
  serve();
  expect_refused(
      "length and chunked",
      kPost + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + kHidden);
  expect_refused(
      "chunked and length",
      kPost + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + kHidden);
  expect_refused("two unequal lengths",
                 kPost + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}" + kHidden);
  expect_refused("two equal lengths",
                 kPost + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}" + kHidden);
  expect_refused("list of lengths", kPost + "Content-Length: 2, 2\r\n\r\n{}" + kHidden);
  for (const char* length :
       {"+2", "-2", "0x2", "2 ", "2a", "", "two", "2.0", "18446744073709551617"}) {
    if (std::string(length) == "2 ") continue;  // Trailing blanks are legal.
    expect_refused(std::string("length ") + length,
                   kPost + "Content-Length: " + length + "\r\n\r\n{}" + kHidden);
  }
}

TEST_F(Smuggling, TransferEncodingsButChunkedAreRefused) {
  serve();
  const std::string chunks = "2\r\n{}\r\n0\r\n\r\n";
  for (const char* coding : {"xchunked", "chunked, identity", "identity", "gzip, chunked",
                             "chunked, chunked", "\"chunked\"", "chunked;q=1",
                             "\x0b"
                             "chunked",
                             ""}) {
    expect_refused(std::string("coding ") + coding,
                   kPost + "Transfer-Encoding: " + coding + "\r\n\r\n" + chunks + kHidden);
  }
  expect_refused(
      "two fields",
      kPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + chunks);
  expect_refused(
      "two chunked fields",
      kPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
  expect_refused(
      "in 1.0",
      "POST /v1/chat/completions HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
          chunks + kHidden);
}

TEST_F(Smuggling, MalformedHeadersAreRefused) {
  serve();
  const std::string get = "GET /v1/models HTTP/1.1\r\n";
  expect_refused("blank before colon", kPost + "Content-Length : 2\r\n\r\n{}");
  expect_refused("tab before colon", kPost + "Content-Length\t: 2\r\n\r\n{}");
  expect_refused("folded line", get + "Host: a\r\nX-A: b\r\n c\r\n\r\n");
  expect_refused("folded length", kPost + "X-A: b\r\n Content-Length: 2\r\n\r\n{}");
  expect_refused("folded first field", get + " Host: a\r\n\r\n");
  expect_refused("nul in value", get + "Host: a\r\nX-A: b" + std::string(1, '\0') + "c\r\n\r\n");
  expect_refused("nul in name", get + "Host: a\r\nX" + std::string(1, '\0') + "A: b\r\n\r\n");
  expect_refused("cr in value", get + "Host: a\r\nX-A: b\rc\r\n\r\n");
  expect_refused("bare lf between fields", get + "Host: a\nX-A: b\r\n\r\n");
  expect_refused("bare lf everywhere", "GET /v1/models HTTP/1.1\nHost: a\n\n");
  expect_refused("bare lf hides a length", kPost + "X-A: b\nContent-Length: 2\r\n\r\n{}");
  expect_refused("empty name", get + "Host: a\r\n: b\r\n\r\n");
  expect_refused("no colon", get + "Host: a\r\nnocolon\r\n\r\n");
  expect_refused("no host", get + "X-A: b\r\n\r\n");
  expect_refused("two hosts", get + "Host: a\r\nHost: b\r\n\r\n");
  expect_refused("two equal hosts", get + "Host: a\r\nHost: a\r\n\r\n");
  expect_refused("garbage", "\x16\x03\x01\x02\x00\x01\r\n\r\n");
  expect_refused("version", "GET / HTTP/1.12\r\nHost: a\r\n\r\n");
  expect_refused("blank in target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST_F(Smuggling, MalformedChunksAreRefused) {
  serve();
  const std::string head = kPost + "Transfer-Encoding: chunked\r\n\r\n";
  for (const char* size :
       {"g", "-1", "+2", "0x2", " 2", "", "2 2", "1000000000000002", "fffffffffffffffff"}) {
    expect_refused(std::string("size ") + size, head + size + "\r\n{}\r\n0\r\n\r\n" + kHidden);
  }
  expect_refused("data not followed by crlf", head + "2\r\n{}XX0\r\n\r\n" + kHidden);
  expect_refused("data followed by lf", head + "2\r\n{}\n0\r\n\r\n" + kHidden);
  expect_refused("size ended by lf", head + "2\n{}\r\n0\r\n\r\n" + kHidden);
}

// The same on a path that streams up unread: the upstream may see a head, but never a finished or
// second request.
TEST_F(Smuggling, MalformedChunksOnRelayedPathsNeverFinish) {
  serve();
  const std::string head =
      "POST /v1/files HTTP/1.1\r\nHost: a\r\nContent-Type: "
      "application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* chunk :
       {"g\r\nabc\r\n", "2\r\nabXX0\r\n\r\n", "2\nab\r\n0\r\n\r\n", "0x2\r\nab\r\n0\r\n\r\n"}) {
    SCOPED_TRACE(chunk);
    RawSocket socket(port());
    socket.send(head + chunk + kHidden);
    const Reply reply = socket.read_reply(Millis(3000));
    EXPECT_TRUE(reply.status == 400 || reply.status == 0) << reply.status;
    EXPECT_FALSE(reply.timed_out);
    EXPECT_EQ(mock().num_requests(), 0U);
  }
}

TEST_F(Smuggling, TooLargeHeadsAreRefused) {
  serve();
  std::string many = "GET /v1/models HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 20'000; ++i) many += "x" + std::to_string(i) + ": y\r\n";
  expect_refused("20,000 fields", many + "\r\n", 431);
  expect_refused(
      "300 KB head",
      "GET /v1/models HTTP/1.1\r\nHost: a\r\nX-A: " + std::string(300'000, 'a') + "\r\n\r\n", 431);
  std::string fields = "GET /v1/models HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 250; ++i) fields += "x" + std::to_string(i) + ": y\r\n";
  expect_refused("250 fields", fields + "\r\n", 431);
  const Reply fine = request(port(), "GET", "/v1/models", {{"cookie", std::string(40'000, 'c')}});
  EXPECT_EQ(fine.status, 200) << "agents send large cookies";
}

TEST_F(Smuggling, ARefusedRequestDoesNotHarmTheNextConnection) {
  serve();
  expect_refused("bad", kPost + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}");
  EXPECT_EQ(request(port(), "GET", "/v1/models").status, 200);
}

}  // namespace
}  // namespace pith::process
