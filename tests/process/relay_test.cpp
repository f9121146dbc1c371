// What is not Pith's to change goes through: bytes up, bytes down, framing, aborts.
#include <openssl/evp.h>
#include <signal.h>

#include <boost/json.hpp>
#include <thread>

#include "tests/process/harness/serve_test.h"

namespace pith::process {
namespace {

namespace json = boost::json;

class Relay : public ServeTest {
 protected:
  std::string last_body() {
    const auto all = mock().received();
    return all.empty() ? "(nothing received)" : all.back().body;
  }
  std::size_t num_disconnects() {
    return mock().get("/_mock/state").at("disconnects").as_array().size();
  }
};

const Headers kJson = {{"content-type", "application/json"}};

TEST_F(Relay, TargetsGoUpByteForByte) {
  serve();
  for (const char* target :
       {"/v1/models", "/v1/models/a%2Fb?x=1&x=2&", "/v1//files/../x", "/v1/files?a=%00&b=%7e~",
        "/v1beta/models/gemini-mock:embedContent?key=secret", "/anything/./else?"}) {
    mock().reset();
    const Reply reply = request(port(), "GET", target);
    EXPECT_EQ(reply.status, 200) << target;
    const auto all = mock().received();
    ASSERT_EQ(all.size(), 1U) << target;
    EXPECT_EQ(all[0].target, target);
  }
}

TEST_F(Relay, HeadersGoUpExceptHopByHopAndPithsOwn) {
  serve();
  request(port(), "POST", "/v1/chat/completions",
          {{"Content-Type", "application/json"},
           {"Authorization", "Bearer sk-test"},
           {"X-Api-Key", "k"},
           {"anthropic-beta", "one"},
           {"anthropic-beta", "two"},
           {"X-Stainless-Lang", "js"},
           {"traceparent", "00-a-b-01"},
           {"Connection", "keep-alive, X-Drop-Me"},
           {"X-Drop-Me", "1"},
           {"Keep-Alive", "timeout=5"},
           {"TE", "trailers"},
           {"Proxy-Authorization", "Basic x"},
           {"x-pith-mode", "on"},
           {"x-pith-rate", "0.5"},
           {"X-Unknown-Thing", "v, w"}},
          R"({"messages": [{"role": "user", "content": "hi"}]})");
  const auto all = mock().received();
  ASSERT_EQ(all.size(), 1U);
  const auto& up = all[0];
  EXPECT_EQ(up.header("authorization"), "Bearer sk-test");
  EXPECT_EQ(up.header("x-api-key"), "k");
  EXPECT_EQ(up.header("x-stainless-lang"), "js");
  EXPECT_EQ(up.header("traceparent"), "00-a-b-01");
  EXPECT_EQ(up.header("x-unknown-thing"), "v, w");
  EXPECT_NE(up.head.find("one"), std::string::npos);
  EXPECT_NE(up.head.find("two"), std::string::npos);
  EXPECT_EQ(up.header("host"), "127.0.0.1:" + std::to_string(mock().port()));
  for (const char* gone :
       {"x-drop-me", "keep-alive", "te", "proxy-authorization", "x-pith-mode", "x-pith-rate"}) {
    EXPECT_EQ(up.header(gone), "") << gone;
  }
}

TEST_F(Relay, BodiesThatAreNotUnderstoodGoUpUnchanged) {
  serve();
  const std::string text = prose(1500);
  const std::string good = chat_body(text);
  std::string deep =
      R"({"messages": [{"role": "tool", "content": )" + json_string(text) + "}], \"x\": ";
  deep += std::string(600, '[') + std::string(600, ']') + "}";
  struct Case {
    const char* name;
    std::string body, content_type;
    Headers more;
  };
  const std::vector<Case> cases = {
      {"invalid utf-8",
       good.substr(0, 200) + "\xff\xfe" + good.substr(200),
       "application/json",
       {}},
      {"overlong utf-8",
       good.substr(0, 400) + "\xc0\xaf" + good.substr(400),
       "application/json",
       {}},
      {"cut json", good.substr(0, good.size() - 7), "application/json", {}},
      {"trailing garbage", good + "x", "application/json", {}},
      {"byte order mark", "\xef\xbb\xbf" + good, "application/json", {}},
      {"not a number",
       good.substr(0, good.size() - 1) + R"(, "top_p": NaN})",
       "application/json",
       {}},
      {"trailing comma", good.substr(0, good.size() - 1) + ",}", "application/json", {}},
      {"too deep", deep, "application/json", {}},
      {"lone surrogate",
       R"({"messages": [{"role": "tool", "content": "\ud800 )" + text.substr(0, 5) + R"("}]})",
       "application/json",
       {}},
      {"empty", "", "application/json", {}},
      {"array", "[" + good + "]", "application/json", {}},
      {"messages is a number", R"({"messages": 5})", "application/json", {}},
      {"text/plain", good, "text/plain", {}},
      {"multipart", good, "multipart/form-data; boundary=x", {}},
      {"unknown type", good, "application/x-unknown", {}},
      {"digest", good, "application/json", {{"content-digest", "sha-256=:x:"}}},
      {"md5", good, "application/json", {{"content-md5", "x"}}},
      {"sigv4", good, "application/json", {{"x-amz-content-sha256", "x"}}},
      {"unknown encoding", good, "application/json", {{"content-encoding", "x-mine"}}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    mock().reset();
    Headers headers{{"content-type", c.content_type}};
    headers.insert(headers.end(), c.more.begin(), c.more.end());
    const Reply reply = request(port(), "POST", "/v1/chat/completions", headers, c.body);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(last_body(), c.body);
    EXPECT_EQ(mock().num_requests(), 1U);
    EXPECT_FALSE(reply.header("x-pith-status") == "compressed");
  }
}

// gzip of stored blocks, as any client may send it: goes up as it is, or decoded without the
// header; the meaning stays.
TEST_F(Relay, GzippedRequestBodyKeepsItsMeaning) {
  serve();
  const std::string gzipped(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00",
      22);
  const Reply reply =
      request(port(), "POST", "/v1/chat/completions",
              {{"content-type", "application/json"}, {"content-encoding", "gzip"}}, gzipped);
  EXPECT_EQ(reply.status, 200);
  const auto all = mock().received();
  ASSERT_EQ(all.size(), 1U);
  if (all[0].header("content-encoding") == "gzip") {
    EXPECT_EQ(all[0].body, gzipped);
  } else {
    EXPECT_EQ(all[0].body, "{}");
  }
}

TEST_F(Relay, SixtyFourMebibytesPassOnEditedAndOnRelayedPaths) {
  serve();
  const std::size_t size = 64U << 20;
  const std::string head =
      R"({"model": "m", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:)";
  const std::string tail = R"("}}]}]})";
  const std::string body = head + std::string(size - head.size() - tail.size(), 'A') + tail;
  for (const char* path : {"/v1/chat/completions", "/v1/files"}) {
    SCOPED_TRACE(path);
    mock().reset();
    const Reply reply = request(port(), "POST", path, kJson, body, Millis(60'000));
    EXPECT_EQ(reply.status, 200);
    const auto seen = mock().get("/_mock/requests?body=0").at("requests").as_array();
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].at("bytes").as_int64(), static_cast<std::int64_t>(size));
  }
  // One byte more is over the limit of bodies that are read whole, in the words of the API that was
  // called.
  const Reply refused =
      request(port(), "POST", "/v1/chat/completions", kJson, body + " ", Millis(60'000));
  EXPECT_EQ(refused.status, 413);
  EXPECT_NE(refused.body.find("\"error\""), std::string::npos);
}

TEST_F(Relay, ALargeBodyIsEditedAndTheRestIsUntouched) {
  serve();
  const std::string image =
      R"({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:)" +
      std::string(16U << 20, 'B') + R"("}}]})";
  const std::string before = R"({"model": "gpt-4o", "messages": [)" + image +
                             R"(, {"role": "tool", "tool_call_id": "c", "content": )";
  const std::string after = R"(}], "x": 1e0, "x2": 12345678901234567890123  })"
                            "\n";
  const Reply reply = request(port(), "POST", "/v1/chat/completions", kJson,
                              before + json_string(prose(1500)) + after);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("x-pith-status"), "compressed");
  const std::string body = last_body();
  ASSERT_GT(body.size(), before.size() + after.size());
  EXPECT_TRUE(body.starts_with(before));
  EXPECT_TRUE(body.ends_with(after));
}

TEST_F(Relay, ChunkedRequestArrivesWhole) {
  serve();
  const std::string body = R"({"messages": [{"role": "user", "content": "grüße"}]})";
  std::string bytes =
      "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: "
      "application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char c : body) bytes += std::string("1;ext=\"x\"\r\n") + c + "\r\n";
  RawSocket socket(port());
  socket.send(bytes + "0\r\nX-Trailer: 1\r\n\r\n");
  EXPECT_EQ(socket.read_reply().status, 200);
  EXPECT_EQ(last_body(), body);
}

TEST_F(Relay, ExpectContinueIsAnswered) {
  serve();
  const std::string body = R"({"messages": []})";
  RawSocket socket(port());
  socket.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nExpect: "
      "100-continue\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_EQ(socket.read_some(12, Millis(3000)), "HTTP/1.1 100");
  socket.send(body);
  socket.read_some(4096, Millis(50));
  EXPECT_TRUE(eventually([&] { return mock().num_requests() == 1; }));
  EXPECT_EQ(mock().received()[0].header("expect"), "");
}

TEST_F(Relay, PipelinedRequestsAreAnsweredInOrder) {
  serve();
  RawSocket socket(port());
  std::string bytes;
  for (int i = 0; i < 5; ++i) {
    bytes += request_bytes("GET", "/echo/" + std::to_string(i),
                           {{"x-mock-head-delay-ms", std::to_string(100 - 20 * i)}}, "");
  }
  socket.send(bytes);
  for (int i = 0; i < 5; ++i) {
    const Reply reply = socket.read_reply();
    EXPECT_EQ(reply.status, 200);
    EXPECT_NE(reply.body.find("/echo/" + std::to_string(i)), std::string::npos) << reply.body;
  }
}

TEST_F(Relay, FramingKindsAndBodilessAnswersAreKept) {
  serve();
  const Reply length = request(port(), "GET", "/x");
  EXPECT_NE(length.header("content-length"), "");
  EXPECT_TRUE(length.complete);
  const Reply chunked = request(port(), "GET", "/x", {{"x-mock-framing", "chunked"}});
  EXPECT_EQ(chunked.header("transfer-encoding"), "chunked");
  EXPECT_TRUE(chunked.complete);
  EXPECT_EQ(chunked.body, length.body);
  const Reply until_close = request(port(), "GET", "/x", {{"x-mock-framing", "close"}});
  EXPECT_EQ(until_close.body, length.body);
  EXPECT_TRUE(until_close.complete);
  const Reply head = request(port(), "HEAD", "/x");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  for (const char* status : {"204", "304"}) {
    RawSocket socket(port());
    socket.send(request_bytes("GET", "/x", {{"x-mock-status", status}}, "") +
                request_bytes("GET", "/next", {}, ""));
    EXPECT_EQ(socket.read_reply().status, std::stoi(status));
    EXPECT_EQ(socket.read_reply().status, 200) << "after " << status;
  }
  const Reply hints = request(port(), "GET", "/x", {{"x-mock-early-hints", "1"}});
  EXPECT_EQ(hints.status, 200);
  EXPECT_EQ(hints.body, length.body);
  const Reply gzip =
      request(port(), "GET", "/x", {{"x-mock-gzip", "1"}, {"accept-encoding", "gzip"}});
  EXPECT_EQ(gzip.header("content-encoding"), "gzip");
  EXPECT_TRUE(gzip.body.starts_with("\x1f\x8b"));
  EXPECT_TRUE(gzip.complete);
}

TEST_F(Relay, Http10ClientsGetNoChunks) {
  serve();
  RawSocket socket(port());
  socket.send("GET /x HTTP/1.0\r\nHost: a\r\nx-mock-framing: chunked\r\n\r\n");
  const Reply reply = socket.read_reply();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("transfer-encoding"), "");
  EXPECT_NE(reply.body.find("\"target\":\"/x\""), std::string::npos) << reply.body;
  EXPECT_EQ(reply.body.back(), '}') << "no chunk framing in the body";
}

TEST_F(Relay, RepeatedResponseHeadersStayApart) {
  serve();
  const Reply reply = request(port(), "GET", "/v1/models", {{"x-mock-status", "429"}});
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.count("set-cookie"), 2U);
  EXPECT_EQ(reply.header("retry-after"), "7");
  EXPECT_EQ(reply.header("x-should-retry"), "false");
  EXPECT_EQ(mock().num_requests(), 1U) << "Pith retries nothing by itself";
}

TEST_F(Relay, AnEventArrivesBeforeTheNextIsWritten) {
  serve();
  int gates = 0;
  for (const char* path : {"/v1/chat/completions", "/v1/messages", "/api/chat", "/v1/responses",
                           "/v1beta/models/m:streamGenerateContent?alt=sse"}) {
    SCOPED_TRACE(path);
    const std::string gate = "gate" + std::to_string(++gates);
    RawSocket socket(port());
    socket.send(request_bytes("POST", path,
                              {{"content-type", "application/json"}, {"x-mock-gate", gate}},
                              R"({"model": "m", "stream": true, "messages": [], "contents": []})"));
    std::string got = socket.read_some(1U << 16, Millis(150));
    EXPECT_TRUE(got.starts_with("HTTP/1.1 200")) << "the head waits for the first event";
    for (int i = 0; i < 5; ++i) {
      mock().release(gate);
      const std::string event = socket.read_some(1, Millis(3000));
      EXPECT_NE(event, "") << "event " << i << " is held back";
      got += event + socket.read_some(1U << 16, Millis(30));
    }
  }
}

TEST_F(Relay, ACutAnswerLooksCut) {
  serve();
  const std::string body = R"({"model": "m", "stream": true, "messages": []})";
  const Reply chunked =
      request(port(), "POST", "/v1/chat/completions",
              {{"content-type", "application/json"}, {"x-mock-cut-after", "400"}}, body);
  EXPECT_EQ(chunked.status, 200);
  EXPECT_FALSE(chunked.complete);
  EXPECT_FALSE(chunked.timed_out);
  EXPECT_EQ(chunked.body.size(), 400U) << "every byte that came before the cut is delivered";
  const Reply length = request(port(), "GET", "/x", {{"x-mock-cut-after", "20"}});
  EXPECT_FALSE(length.complete);
  EXPECT_FALSE(length.timed_out);
  EXPECT_EQ(length.body.size(), 20U);
}

TEST_F(Relay, AClientThatLeavesIsSeenByTheUpstream) {
  serve();
  const std::string body = R"({"model": "m", "stream": true, "messages": []})";
  std::size_t expected = 0;
  for (const char* hold : {"head", "mid"}) {
    for (const bool half : {false, true}) {
      SCOPED_TRACE(std::string(hold) + (half ? ", half-closed" : ", closed"));
      RawSocket socket(port());
      socket.send(request_bytes("POST", "/v1/chat/completions",
                                {{"content-type", "application/json"}, {"x-mock-hold", hold}},
                                body));
      ASSERT_TRUE(eventually(
          [&] { return mock().get("/_mock/state").at("active").as_array().size() == 1; }));
      if (std::string(hold) == "mid") socket.read_some(300, Millis(1000));
      if (half) {
        socket.half_close();  // Counts as gone; documented.
      } else {
        socket.close();
      }
      ++expected;
      EXPECT_TRUE(eventually([&] { return num_disconnects() == expected; }, Millis(2000)));
    }
  }
}

TEST_F(Relay, AClosedPooledConnectionIsReplacedOnce) {
  serve();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(request(port(), "GET", "/x", {{"x-mock-close-after", "1"}}).status, 200) << i;
    EXPECT_EQ(request(port(), "POST", "/v1/chat/completions", kJson, "{}").status, 200) << i;
  }
  EXPECT_EQ(mock().num_requests(), 20U);
}

TEST_F(Relay, ADeadUpstreamIsAnErrorInTheApisWords) {
  mock().child().signal(SIGKILL);
  mock().child().wait(Millis(2000));
  serve();
  const struct {
    const char *path, *part;
  } cases[] = {{"/v1/chat/completions", "\"param\""},
               {"/v1/messages", "\"type\":\"error\""},
               {"/api/chat", "{\"error\":\""},
               {"/v1beta/models/m:generateContent", "\"status\""}};
  for (const auto& c : cases) {
    const Reply reply = request(port(), "POST", c.path, kJson, R"({"messages": []})");
    EXPECT_EQ(reply.status, 502) << c.path;
    std::string compact;
    for (const char ch : reply.body) {
      if (ch != ' ' && ch != '\n') compact += ch;
    }
    EXPECT_NE(compact.find(c.part), std::string::npos) << reply.body;
  }
}

TEST_F(Relay, AnUpgradeIsRefusedOrTunnelledAtOnce) {
  serve();
  const Reply reply = request(port(), "GET", "/v1/realtime?model=m",
                              {{"connection", "Upgrade"},
                               {"upgrade", "websocket"},
                               {"sec-websocket-version", "13"},
                               {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="}},
                              "", Millis(5000));
  EXPECT_FALSE(reply.timed_out);
  EXPECT_GE(reply.status, 200);
}

TEST_F(Relay, ASlowReaderHoldsTheUpstreamAndNobodyElse) {
  serve();
  RawSocket slow(port());
  slow.receive_buffer(4096);
  slow.send(request_bytes("POST", "/v1/chat/completions",
                          {{"content-type", "application/json"},
                           {"x-mock-body-bytes", "40000000"},
                           {"x-mock-events", "1000"},
                           {"x-mock-id", "slow"}},
                          R"({"stream": true, "messages": []})"));
  const auto written = [&]() -> std::int64_t {
    const json::value state = mock().get("/_mock/state");
    for (const auto& active : state.at("active").as_array()) {
      if (active.at("id") == "slow") return json::value_to<std::int64_t>(active.at("bytes"));
    }
    return -1;
  };
  ASSERT_TRUE(eventually([&] { return written() > 100'000; }, Millis(20'000)));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(request(port(), "GET", "/x").status, 200);
  std::int64_t before = 0;
  EXPECT_TRUE(eventually([&] {  // Until it stands still.
    const std::int64_t now = written();
    const bool still = now == before;
    before = now;
    if (!still) sleep_for(Millis(200));
    return still;
  }));
  EXPECT_GE(before, 0) << "the whole answer is gone: it was taken into memory";
  // What the kernel's buffers on both sides take, and a quarter of a MiB of Pith's.
  EXPECT_LT(before, 20'000'000) << "the answer piles up in memory";
  slow.close();
}

}  // namespace
}  // namespace pith::process
