// Requests with long texts become shorter, and stay what they first were.
#include <signal.h>

#include <boost/json.hpp>
#include <thread>

#include "tests/process/harness/serve_test.h"

namespace pith::process {
namespace {

namespace json = boost::json;

class Compressing : public ServeTest {
 protected:
  Reply post(const std::string& body, const Headers& more = {},
             const std::string& path = "/v1/chat/completions") {
    Headers headers{{"content-type", "application/json"}};
    headers.insert(headers.end(), more.begin(), more.end());
    return request(port(), "POST", path, headers, body);
  }
  std::string last_body() {
    const auto all = mock().received();
    return all.empty() ? "(nothing received)" : all.back().body;
  }
};

// True when `part` comes out of `whole` by deleting bytes.
bool is_subsequence(const std::string& part, const std::string& whole) {
  std::size_t at = 0;
  for (const char c : whole) {
    if (at < part.size() && part[at] == c) ++at;
  }
  return at == part.size();
}

TEST_F(Compressing, AToolResultGetsShorterAndAllElseStays) {
  serve();
  const std::string text = prose(2000);
  const std::string body = chat_body(text);
  const Reply reply = post(body);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("x-pith-status"), "compressed");
  EXPECT_LE(std::stol("0" + reply.header("x-pith-tokens-after")),
            std::stol("0" + reply.header("x-pith-tokens-before")) * 3 / 4);
  for (const char* name :
       {"x-pith-decision", "x-pith-conversation", "x-pith-policy", "x-pith-feedback-token"}) {
    EXPECT_NE(reply.header(name), "") << name;
  }
  const std::string sent = last_body();
  const std::string quoted = json_string(text);
  const auto at = body.find(quoted);
  EXPECT_EQ(sent.substr(0, at), body.substr(0, at));
  const std::string tail = body.substr(at + quoted.size());
  ASSERT_TRUE(sent.ends_with(tail));
  const std::string kept = sent.substr(at, sent.size() - tail.size() - at);
  EXPECT_LT(kept.size(), quoted.size() * 3 / 4);
  EXPECT_TRUE(is_subsequence(kept, quoted)) << "only bytes of the original, in order";
}

TEST_F(Compressing, LongProseInsideJsonOfAToolGetsShorterAndTheJsonStays) {
  serve();
  std::string content = prose(1500);
  for (std::size_t at = 0; (at = content.find(". ", at)) != std::string::npos; at += 4) {
    content.replace(at, 2, ".\n\n\"No\" 7 ");
  }
  const std::string text = R"({"id": "doc-1", "title": "A long title", "content": )" +
                           json_string(content) + R"(, "score": 0.50, "tags": ["x y", null]})";
  const Reply reply = post(chat_body(text));
  EXPECT_EQ(reply.header("x-pith-status"), "compressed");
  const std::string sent = last_body();
  ASSERT_LT(sent.size(), chat_body(text).size() * 3 / 4);
  // The tool's message is the only one that holds a document.
  json::object document;
  const json::value sent_request = json::parse(sent);
  for (const json::value& message : sent_request.at("messages").as_array()) {
    const json::value* body = message.as_object().if_contains("content");
    if (body != nullptr && body->is_string() && body->as_string().starts_with("{"))
      document = json::parse(body->as_string()).as_object();
  }
  ASSERT_EQ(document.size(), 5U) << sent;
  EXPECT_EQ(document["id"], "doc-1");
  EXPECT_EQ(document["title"], "A long title");
  EXPECT_EQ(document["score"], 0.5);
  EXPECT_EQ(document["tags"], json::parse(R"(["x y", null])"));
  const std::string shorter = json::value_to<std::string>(document["content"]);
  EXPECT_LT(shorter.size(), content.size() * 3 / 4);
  EXPECT_TRUE(is_subsequence(shorter, content));
  const auto count = [](const std::string& in, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = in.find(part); at != std::string::npos; at = in.find(part, at + 1)) ++n;
    return n;
  };
  EXPECT_GT(count(content, "\"No\" 7"), 10U);
  EXPECT_EQ(count(shorter, "\"No\" 7"), count(content, "\"No\" 7"));
}

TEST_F(Compressing, ModesAndThresholdsHold) {
  serve();
  const std::string body = chat_body(prose(2000));
  const Reply off = post(body, {{"x-pith-mode", "off"}});
  EXPECT_EQ(off.header("x-pith-status"), "off");
  EXPECT_EQ(last_body(), body);
  const Reply observed = post(body, {{"x-pith-mode", "observe"}, {"x-pith-conversation", "o"}});
  EXPECT_EQ(observed.header("x-pith-status"), "observe");
  EXPECT_EQ(last_body(), body);
  EXPECT_NE(observed.header("x-pith-tokens-after"), "");
  const std::string small = chat_body(prose(60));
  EXPECT_EQ(post(small).header("x-pith-status"), "unchanged");
  EXPECT_EQ(last_body(), small);
  // A user turn of fewer than 600 tokens is never touched.
  const std::string user =
      R"({"messages": [{"role": "user", "content": )" + json_string(prose(300)) + "}]}";
  EXPECT_EQ(post(user).status, 200);
  EXPECT_EQ(last_body(), user);
}

TEST_F(Compressing, ALongUserTurnKeepsItsFirstAndLastParagraph) {
  serve();
  const std::string first =
      "Please read the letter below and tell me what the writer really wanted.";
  const std::string last = "Answer in one sentence, and do not invent anything.";
  const std::string text = first + "\n\n" + prose(1500) + "\n\n" + last;
  const Reply reply = post(R"({"model": "gpt-4o", "messages": [{"role": "user", "content": )" +
                           json_string(text) + "}]}");
  EXPECT_EQ(reply.header("x-pith-status"), "compressed");
  const json::value sent = json::parse(last_body());
  const auto content = json::value_to<std::string>(sent.at("messages").at(0).at("content"));
  EXPECT_TRUE(content.starts_with(first)) << content.substr(0, 100);
  EXPECT_TRUE(content.ends_with(last));
  EXPECT_LT(content.size(), text.size());
}

TEST_F(Compressing, TheDialIsTheRequests) {
  serve();
  const std::string text = prose(2000, 7);
  std::size_t previous = 0;
  for (const char* rate : {"0.3", "0.5", "0.7"}) {
    const Reply reply = post(
        chat_body(text), {{"x-pith-rate", rate}, {"x-pith-conversation", std::string("r") + rate}});
    const double before = std::stod("0" + reply.header("x-pith-tokens-before"));
    const double after = std::stod("0" + reply.header("x-pith-tokens-after"));
    EXPECT_NEAR(after / before, std::stod(rate), 0.05) << rate;
    EXPECT_GT(last_body().size(), previous);
    previous = last_body().size();
  }
  // A dial that cannot be read is told, and the prompt goes through as it is.
  EXPECT_EQ(post(chat_body(text), {{"x-pith-rate", "seven"}}).header("x-pith-status"),
            "bypass:bad_header");
  EXPECT_EQ(last_body(), chat_body(text));
}

TEST_F(Compressing, WhatWasOnceSentStaysSent) {
  serve();
  const std::string body = chat_body(prose(2000, 3));
  const Headers conversation{{"x-pith-conversation", "one"}};
  EXPECT_EQ(post(body, conversation).header("x-pith-status"), "compressed");
  const std::string first = last_body();
  const Reply again = post(body, conversation);
  EXPECT_EQ(again.header("x-pith-status"), "reuse");
  EXPECT_EQ(last_body(), first);
  // Other options come too late; so does another mode.
  post(body, {{"x-pith-conversation", "one"}, {"x-pith-rate", "0.2"}});
  EXPECT_EQ(last_body(), first);
  pith().restart_after_kill();
  ASSERT_TRUE(pith().ready());
  EXPECT_EQ(post(body, conversation).header("x-pith-status"), "reuse");
  EXPECT_EQ(last_body(), first) << "the form survives kill -9";
}

// The form is on disk before the first byte goes up: a kill -9 at the very moment when the upstream
// has the request loses nothing, and another rate after the restart changes nothing.
TEST_F(Compressing, WhatTheUpstreamHasSeenIsRemembered) {
  serve();
  for (unsigned round = 0; round < 4; ++round) {
    mock().reset();
    const std::string body = chat_body(prose(1200, 200 + round));
    const std::string conversation = "kill" + std::to_string(round);
    RawSocket socket(port());
    socket.send(request_bytes("POST", "/v1/chat/completions",
                              {{"content-type", "application/json"},
                               {"x-pith-conversation", conversation},
                               {"x-mock-hold", "head"}},
                              body));
    ASSERT_TRUE(eventually([&] { return mock().num_requests() == 1; }));
    pith().restart_after_kill();
    ASSERT_TRUE(pith().ready());
    EXPECT_EQ(post(body, {{"x-pith-conversation", conversation}, {"x-pith-rate", "0.2"}})
                  .header("x-pith-status"),
              "reuse");
    const auto all = mock().received();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_LT(all[0].body.size(), body.size());
    EXPECT_EQ(all[1].body, all[0].body);
  }
}

TEST_F(Compressing, RequestsAtTheSameTimeAgreeOnOneForm) {
  serve();
  for (unsigned round = 0; round < 5; ++round) {
    mock().reset();
    const std::string body = chat_body(prose(1500, 100 + round));
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        post(body, {{"x-pith-conversation", "race" + std::to_string(round)},
                    {"x-pith-rate", "0." + std::to_string(2 + i % 6)}});
      });
    }
    for (auto& thread : threads) thread.join();
    const auto all = mock().received();
    ASSERT_EQ(all.size(), 8U);
    for (const auto& one : all)
      EXPECT_EQ(one.body, all[0].body) << "two forms of one text in a conversation";
    EXPECT_LT(all[0].body.size(), body.size());
  }
}

TEST_F(Compressing, WhatWasSentRawStaysRaw) {
  serve();
  const std::string body = chat_body(prose(2000, 4));
  const Headers off{{"x-pith-conversation", "raw"}, {"x-pith-mode", "off"}};
  post(body, off);
  // `off` is a relay and decides nothing; a text that went out raw by a missed deadline is decided.
  PithServer late(
      PithServer::Setup{.upstream = mock().url(), .config = "[compress]\ndeadline_ms = 1\n"});
  ASSERT_TRUE(late.ready());
  const std::string huge = chat_body(prose(60'000, 5));
  const Headers headers{{"content-type", "application/json"}, {"x-pith-conversation", "late"}};
  const Reply first = request(late.port(), "POST", "/v1/chat/completions", headers, huge);
  EXPECT_TRUE(first.header("x-pith-status").starts_with("bypass:"))
      << first.header("x-pith-status");
  EXPECT_EQ(last_body(), huge);
  request(late.port(), "POST", "/v1/chat/completions", headers, huge);
  EXPECT_EQ(last_body(), huge);
}

TEST_F(Compressing, UpstreamsAreChosenByPathPrefix) {
  MockUpstream other;
  serve("", {"--upstream", "other=" + other.url() + "/base"});
  EXPECT_EQ(request(port(), "GET", "/v1/models").status, 200);
  EXPECT_EQ(request(port(), "GET", "/other/v1/models?x=1").status, 200);
  ASSERT_EQ(mock().received().size(), 1U);
  ASSERT_EQ(other.received().size(), 1U);
  EXPECT_EQ(other.received()[0].target, "/base/v1/models?x=1");
  Headers json_type{{"content-type", "application/json"}};
  const Reply reply =
      request(port(), "POST", "/other/v1/chat/completions", json_type, chat_body(prose(2000)));
  EXPECT_EQ(reply.header("x-pith-status"), "compressed");
}

TEST_F(Compressing, AnUpstreamUrlMayEndInV1) {
  PithServer server(PithServer::Setup{.upstream = mock().url() + "/v1"});
  request(server.port(), "GET", "/v1/models");
  request(server.port(), "POST", "/v1/messages", {{"content-type", "application/json"}}, "{}");
  for (const auto& received : mock().received()) {
    EXPECT_TRUE(received.target == "/v1/models" || received.target == "/v1/messages")
        << received.target;
  }
}

TEST_F(Compressing, CountTokensCountsWhatWouldBeSent) {
  serve();
  const std::string body =
      R"({"model": "claude", "max_tokens": 5, "messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": )" +
      json_string(prose(2000)) + "}]}]}";
  const Reply reply =
      post(body, {{"anthropic-version", "2023-06-01"}}, "/v1/messages/count_tokens");
  EXPECT_EQ(reply.header("x-pith-status"), "compressed");
  const std::string counted = last_body();
  EXPECT_LT(counted.size(), body.size());
  post(body, {{"anthropic-version", "2023-06-01"}}, "/v1/messages");
  EXPECT_EQ(last_body(), counted);
}

}  // namespace
}  // namespace pith::process
