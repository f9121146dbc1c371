// Every case of a request that two servers could read in two ways: 400, closed, and nothing reaches
// the upstream.
#include "tests/apps/http/edge_fixture.h"

namespace pith::testing {
namespace {

using namespace std::string_literals;

struct BadRequest {
  const char* name;
  std::string bytes;
};

class EdgeSmuggling : public EdgeTest, public ::testing::WithParamInterface<BadRequest> {};

TEST_P(EdgeSmuggling, IsRefusedAndClosed) {
  TestUpstream upstream(answer_each([](const RawMessage& request) {
    return request.head.find("/smuggled") != std::string::npos ? "SMUGGLED" : "ok";
  }));
  start(upstream.port());
  for (const std::string target : {"/relay", "/edit", "/local"}) {
    std::string bytes = GetParam().bytes;
    if (const std::size_t at = bytes.find("/T"); at != std::string::npos)
      bytes.replace(at, 2, target);
    RawSocket socket = client();
    ASSERT_TRUE(socket.send(bytes + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"));
    RawSocket::End end;
    const std::string response = socket.read_to_end(&end);
    EXPECT_EQ(response.substr(0, 12), "HTTP/1.1 400") << target;
    EXPECT_EQ(response.find("HTTP/1.1", 1), std::string::npos) << "a second answer: " << response;
    EXPECT_NE(response.find("\r\nconnection: close\r\n"), std::string::npos);
    EXPECT_EQ(end, RawSocket::End::kFin) << target;
  }
}

const BadRequest kBadRequests[] = {
    {"LengthWithChunked",
     "POST /T HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n"},
    {"ChunkedWithLength",
     "POST /T HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: "
     "5\r\n\r\n0\r\n\r\n"},
    {"TwoLengths",
     "POST /T HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"},
    {"TwoEqualLengths",
     "POST /T HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab"},
    {"LengthList", "POST /T HTTP/1.1\r\nHost: h\r\nContent-Length: 2, 2\r\n\r\nab"},
    {"SignedLength", "POST /T HTTP/1.1\r\nHost: h\r\nContent-Length: +2\r\n\r\nab"},
    {"HexLength", "POST /T HTTP/1.1\r\nHost: h\r\nContent-Length: 0x2\r\n\r\nab"},
    {"EmptyLength", "POST /T HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\nab"},
    {"HugeLength", "POST /T HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551617\r\n\r\na"},
    {"XChunked", "POST /T HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
    {"ChunkedIdentity",
     "POST /T HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"},
    {"GzipChunked",
     "POST /T HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
    {"ChunkedTwice",
     "POST /T HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n"},
    {"EncodingWithTab",
     "POST /T HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\x0b"
     "chunked\r\n\r\n0\r\n\r\n"},
    {"SpaceBeforeColon",
     "POST /T HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n"},
    {"TabBeforeColon", "POST /T HTTP/1.1\r\nHost: h\r\nContent-Length\t: 2\r\n\r\nab"},
    {"FoldedLine", "POST /T HTTP/1.1\r\nHost: h\r\nX: a\r\n Content-Length: 2\r\n\r\n"},
    {"FoldedFirst", "POST /T HTTP/1.1\r\n X: a\r\nHost: h\r\n\r\n"},
    {"NulInValue", "POST /T HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n"s},
    {"NulInName", "POST /T HTTP/1.1\r\nHost: h\r\nX\0: a\r\n\r\n"s},
    {"BareCrInValue", "POST /T HTTP/1.1\r\nHost: h\r\nX: a\rContent-Length: 2\r\n\r\n"},
    {"BareLfAfterValue", "POST /T HTTP/1.1\r\nHost: h\r\nX: a\nContent-Length: 2\r\n\r\nab"},
    {"BareLfAfterRequestLine", "POST /T HTTP/1.1\nHost: h\r\n\r\n"},
    {"BareLfEnd", "POST /T HTTP/1.1\r\nHost: h\r\n\n"},
    {"ChunkSizeNotHex",
     "POST /T HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n0\r\n\r\n"},
    {"ChunkSizeSigned",
     "POST /T HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n+2\r\nab\r\n0\r\n\r\n"},
    {"ChunkSizePrefixed",
     "POST /T HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n0\r\n\r\n"},
    {"ChunkSizeOverflow",
     "POST /T HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
     "chunked\r\n\r\n10000000000000002\r\nab\r\n0\r\n\r\n"},
    {"ChunkSize16Digits",
     "POST /T HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0000000000000002\r\nab\r\n0\r\n\r\n"},
    {"ChunkSizeSpace",
     "POST /T HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2 \r\nab\r\n0\r\n\r\n"},
    {"ChunkDataTooLong",
     "POST /T HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n"},
    {"ChunkBareLf",
     "POST /T HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\nab\n0\n\n"},
    {"ChunkExtensionLf",
     "POST /T HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2;\nab\r\n0\r\n\r\n"},
    {"NoHost", "POST /T HTTP/1.1\r\nContent-Length: 0\r\n\r\n"},
    {"TwoHosts", "POST /T HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
    {"Chunked10", "POST /T HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"Version12", "POST /T HTTP/1.2\r\nHost: h\r\n\r\n"},
    {"Version2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
    {"BlankInTarget", "POST /T /b HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"NoVersion", "POST /T\r\nHost: h\r\n\r\n"},
    {"NotHttp", "\x16\x03\x01\x02"},
};

INSTANTIATE_TEST_SUITE_P(Cases, EdgeSmuggling, ::testing::ValuesIn(kBadRequests),
                         [](const auto& bad) { return bad.param.name; });

class EdgeBadResponse : public EdgeTest {};

TEST_F(EdgeBadResponse, ContradictoryFramingIsABadGateway) {
  const std::vector<std::string> responses = {
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nab",
      "HTTP/1.1 200 OK\nContent-Length: 2\n\nab",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
      "SSH-2.0-OpenSSH\r\n",
      "garbage",
  };
  std::atomic<std::size_t> current{0};
  TestUpstream upstream([&](RawSocket& peer, int) {
    read_message(peer);
    peer.send(responses[current]);
  });
  start(upstream.port());
  for (; current < responses.size(); ++current) {
    const std::string& bytes = responses[current];
    const auto answer = ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(answer) << bytes;
    EXPECT_EQ(answer->status(), 502) << bytes;
  }
}

TEST_F(EdgeBadResponse, StrayBytesAfterAResponseNeverAnswerTheNextRequest) {
  TestUpstream upstream([](RawSocket& peer, int number) {
    while (read_message(peer, true, 20s)) {
      peer.send(ok_response("own " + std::to_string(number)) + ok_response("stray"));
    }
  });
  start(upstream.port(), {.threads = 1});
  RawSocket socket = client();
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(socket.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    EXPECT_EQ(read_message(socket)->body, "own " + std::to_string(i));
  }
}

TEST_F(EdgeBadResponse, BytesSaidWhileIdleNeverAnswerTheNextRequest) {
  TestUpstream upstream([](RawSocket& peer, int number) {
    while (read_message(peer, true, 20s)) {
      peer.send(ok_response("own " + std::to_string(number)));
      std::this_thread::sleep_for(20ms);
      peer.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
    }
  });
  start(upstream.port(), {.threads = 1});
  RawSocket socket = client();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(socket.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    EXPECT_EQ(read_message(socket)->body, "own " + std::to_string(i));
    std::this_thread::sleep_for(60ms);
  }
}

}  // namespace
}  // namespace pith::testing
