#include "apps/http/head_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "apps/http/framing.h"

namespace pith {
namespace {

using State = HeadParser::State;

HeadParser request_parser(HeadLimits limits = {}) { return {HeadParser::Kind::kRequest, limits}; }

const std::string kRequest =
    "POST /v1/a%2Fb//c?x=1&y HTTP/1.1\r\nHost: h\r\nX-Odd:  two  words "
    "\t\r\nEmpty:\r\nContent-Length: 3\r\n\r\n";

TEST(HeadParser, ReadsARequestFedByteByByte) {
  HeadParser parser = request_parser();
  for (std::size_t n = 1; n < kRequest.size(); ++n) {
    ASSERT_EQ(parser.parse(std::string_view(kRequest).substr(0, n)), State::kIncomplete) << n;
  }
  const std::string with_more = kRequest + "abcGET /";
  ASSERT_EQ(parser.parse(with_more), State::kComplete);
  const ParsedHead& head = parser.head();
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/v1/a%2Fb//c?x=1&y");
  EXPECT_EQ(head.version, 11U);
  EXPECT_EQ(head.num_bytes, kRequest.size());
  ASSERT_EQ(head.headers.size(), 4U);
  EXPECT_EQ(head.headers[1].name, "X-Odd");
  EXPECT_EQ(head.headers[1].value, "two  words");
  EXPECT_EQ(head.headers[2].value, "");
  EXPECT_EQ(head.headers[3].kind, HeaderKind::kContentLength);
}

TEST(HeadParser, ReadsAResponse) {
  HeadParser parser(HeadParser::Kind::kResponse, {});
  ASSERT_EQ(
      parser.parse("HTTP/1.1 529 Site is\toverloaded\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n"),
      State::kComplete);
  EXPECT_EQ(parser.head().status, 529U);
  EXPECT_EQ(parser.head().reason, "Site is\toverloaded");
  EXPECT_EQ(parser.head().headers.size(), 2U);
  parser.reset();
  ASSERT_EQ(parser.parse("HTTP/1.0 200\r\n\r\n"), State::kComplete);
  EXPECT_EQ(parser.head().version, 10U);
}

TEST(HeadParser, RefusesMalformedHeads) {
  using namespace std::string_literals;
  for (const std::string& in : {
           "GET / HTTP/1.1\nHost: h\n\n"s,
           "GET / HTTP/1.1\r\nHost: h\n\r\n"s,
           "GET / HTTP/1.1\r\nHost : h\r\n\r\n"s,
           "GET / HTTP/1.1\r\nHost\t: h\r\n\r\n"s,
           "GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n"s,
           "GET / HTTP/1.1\r\n Host: h\r\n\r\n"s,
           "GET / HTTP/1.1\r\nHost: h\r\nA: b\0c\r\n\r\n"s,
           "GET / HTTP/1.1\r\nHost: h\r\nA: b\rc\r\n\r\n"s,
           "GET / HTTP/1.1\r\nHost: h\r\nA\0: b\r\n\r\n"s,
           "GET / HTTP/1.1\r\nHost: h\r\nnocolon\r\n\r\n"s,
           "GET / HTTP/1.1\r\nHost: h\r\n: empty\r\n\r\n"s,
           "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"s,
           "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"s,
           "GET /\tHTTP/1.1\r\nHost: h\r\n\r\n"s,
           "GET / HTTP/2.0\r\nHost: h\r\n\r\n"s,
           "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"s,
           "GET /\r\nHost: h\r\n\r\n"s,
           "G@T / HTTP/1.1\r\nHost: h\r\n\r\n"s,
           "\x16\x03\x01"s,
           "{\"json\": 1}"s,
       }) {
    HeadParser parser = request_parser();
    EXPECT_EQ(parser.parse(in), State::kMalformed) << testing::PrintToString(in);
    EXPECT_STRNE(parser.problem(), "");
  }
}

TEST(HeadParser, HoldsItsLimits) {
  HeadParser bytes = request_parser({.bytes_max = 100, .fields_max = 10});
  EXPECT_EQ(bytes.parse("GET /" + std::string(99, 'a')), State::kTooLarge);
  HeadParser fields = request_parser({.bytes_max = 1000, .fields_max = 3});
  std::string in = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 3; ++i) in += "a: b\r\n";
  EXPECT_EQ(fields.parse(in + "\r\n"), State::kComplete);
  fields.reset();
  EXPECT_EQ(fields.parse(in + "a: b\r\n\r\n"), State::kTooLarge);
}

FramingOrProblem framing_of(const std::string& fields, const char* version = "1.1") {
  HeadParser parser = request_parser();
  const std::string in = std::string("POST / HTTP/") + version + "\r\n" + fields + "\r\n";
  EXPECT_EQ(parser.parse(in), State::kComplete) << fields;
  return request_framing(parser.head());
}

TEST(RequestFraming, TakesOnlyOneReading) {
  EXPECT_EQ(framing_of("Host: h\r\n").framing.kind, BodyFraming::Kind::kNone);
  EXPECT_EQ(framing_of("Host: h\r\nContent-Length: 12\r\n").framing.length, 12U);
  EXPECT_EQ(framing_of("Host: h\r\nTransfer-Encoding: Chunked\r\n").framing.kind,
            BodyFraming::Kind::kChunked);
  for (const char* fields : {
           "Host: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
           "Host: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n",
           "Host: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n",
           "Host: h\r\nContent-Length: 5, 5\r\n",
           "Host: h\r\nContent-Length: +5\r\n",
           "Host: h\r\nContent-Length: -5\r\n",
           "Host: h\r\nContent-Length: 0x5\r\n",
           "Host: h\r\nContent-Length:\r\n",
           "Host: h\r\nContent-Length: 99999999999999999999\r\n",
           "Host: h\r\nTransfer-Encoding: xchunked\r\n",
           "Host: h\r\nTransfer-Encoding: chunked, identity\r\n",
           "Host: h\r\nTransfer-Encoding: identity\r\n",
           "Host: h\r\nTransfer-Encoding: gzip, chunked\r\n",
           "Host: h\r\nTransfer-Encoding:\r\n",
           "Host: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Accept: x\r\n",
           "Host: a\r\nHost: a\r\n",
           "Host: a/b\r\n",
       }) {
    EXPECT_NE(framing_of(fields).problem, nullptr) << fields;
  }
  EXPECT_NE(framing_of("Transfer-Encoding: chunked\r\n", "1.0").problem, nullptr);
  EXPECT_EQ(framing_of("", "1.0").problem, nullptr);
}

TEST(ResponseFraming, NoBodyWhereNoneMayBe) {
  const auto kind = [](const std::string& head, bool to_head) {
    HeadParser parser(HeadParser::Kind::kResponse, {});
    EXPECT_EQ(parser.parse(head), State::kComplete);
    return response_framing(parser.head(), to_head).framing.kind;
  };
  using Kind = BodyFraming::Kind;
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\n\r\n", false), Kind::kUntilClose);
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", true), Kind::kNone);
  EXPECT_EQ(kind("HTTP/1.1 204 No\r\nContent-Length: 4\r\n\r\n", false), Kind::kNone);
  EXPECT_EQ(kind("HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\n", false), Kind::kNone);
}

TEST(KeepsAlive, FollowsVersionAndConnection) {
  const auto keeps = [](const std::string& head) {
    HeadParser parser = request_parser();
    EXPECT_EQ(parser.parse(head), State::kComplete);
    return keeps_alive(parser.head());
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: h\r\nConnection: foo, Close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

}  // namespace
}  // namespace pith
