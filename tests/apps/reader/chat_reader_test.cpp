// A reader on a loopback port, scripted answer by answer.
#include "apps/reader/chat_reader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <thread>

#include "tests/apps/http/test_upstream.h"
#include "tests/apps/http/tls_upstream.h"
#include "tests/temporary_dir.h"

namespace pith {
namespace {

using testing::chunk;
using testing::ok_response;
using testing::RawMessage;
using testing::RawSocket;
using testing::TestUpstream;
using namespace std::chrono_literals;

std::string saying(const std::string& text) {
  return R"({"choices":[{"message":{"content":")" + text + R"("}}]})";
}
std::string status(int number, const std::string& fields = "", const std::string& body = "{}") {
  return "HTTP/1.1 " + std::to_string(number) + " No\r\n" + fields +
         "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

ChatReaderOptions options_for(std::uint16_t port, const std::string& cache = "") {
  ChatReaderOptions options;
  options.url = "http://127.0.0.1:" + std::to_string(port) + "/v1";
  options.body.model = "mock";
  options.cache = cache;
  options.retry_first = 1ms;
  options.limits.connect = 2s;
  options.limits.answer = 2s;
  return options;
}

std::unique_ptr<ChatReader> open(ChatReaderOptions options) {
  auto reader = ChatReader::open(std::move(options));
  EXPECT_TRUE(reader) << reader.error().detail;
  return std::move(*reader);
}

TEST(ChatReader, AsksOverOneKeptConnection) {
  std::string head;
  TestUpstream server(testing::respond_each([&](const RawMessage& request) {
    head = request.head;
    return ok_response(saying("yes"));
  }));
  ChatReaderOptions options = options_for(server.port());
  options.key = "secret";
  const auto reader = open(options);
  for (int i = 0; i < 3; ++i) {
    const auto answer = reader->answer("q" + std::to_string(i));
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ(answer->text, "yes");
    EXPECT_FALSE(answer->cached);
    EXPECT_GT(answer->latency_us, 0);
  }
  EXPECT_EQ(server.num_connections(), 1);
  EXPECT_TRUE(head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n")) << head;
  EXPECT_NE(head.find("\r\nAuthorization: Bearer secret\r\n"), std::string::npos);
}

TEST(ChatReader, ReadsChunksAndAnswersThatEndWithTheConnection) {
  TestUpstream server([](RawSocket& peer, int number) {
    if (!testing::read_message(peer)) return;
    const std::string body = saying("whole");
    if (number == 0) {
      peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n" +
                chunk(body.substr(0, 9)) + chunk(body.substr(9)) + "0\r\n\r\n");
    } else {
      peer.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\n" + body);
    }
  });
  const auto reader = open(options_for(server.port()));
  for (int i = 0; i < 2; ++i) {
    const auto answer = reader->answer("q");
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ(answer->text, "whole");
  }
  EXPECT_EQ(reader->num_retries(), 0U);
}

TEST(ChatReader, CacheOutlivesTheProcessAndHoldsNoPrompt) {
  const TemporaryDir dir;
  const std::string cache = dir.file("new/answers.db");
  {
    TestUpstream server(testing::answer_each([](const RawMessage&) { return saying("kept"); }));
    ChatReaderOptions options = options_for(1, cache);
    options.url = "http://127.0.0.1:" + std::to_string(server.port());
    const auto reader = open(options);
    ASSERT_TRUE(reader->answer("the canary prompt"));
    const auto again = reader->answer("the canary prompt");
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->cached);
    EXPECT_EQ(reader->num_requests(), 1U);
    ChatReaderOptions later = options;
    server.stop_listening();
    const auto other = open(later);  // beside the first: the WAL is not merged yet
    const auto known = other->answer("the canary prompt");
    ASSERT_TRUE(known) << known.error().detail;
    EXPECT_EQ(known->text, "kept");
    EXPECT_GT(known->latency_us, 0) << "the latency of the request is kept";
    later.body.max_tokens = 9;
    const auto different = open(later);
    const auto known_there = different->knows("the canary prompt");
    ASSERT_TRUE(known_there);
    EXPECT_FALSE(*known_there) << "another request";
  }
  struct stat info {};
  ASSERT_EQ(stat(cache.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  std::FILE* file = std::fopen(cache.c_str(), "rb");
  std::string bytes(1U << 20U, '\0');
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
  std::fclose(file);
  EXPECT_NE(bytes.find("kept"), std::string::npos);
  EXPECT_EQ(bytes.find("canary"), std::string::npos);
}

TEST(ChatReader, TriesAgainAfterErrorsThatPass) {
  int calls = 0;
  TestUpstream server([&](RawSocket& peer, int) {
    while (testing::read_message(peer)) {
      switch (calls++) {
        case 0:
          peer.send(status(503));
          break;
        case 1:
          peer.send(status(429, "retry-after: 0\r\n"));
          break;
        case 2:
          peer.send("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{\"cho");
          return;  // cut short
        case 3:
          peer.send(ok_response("<html>busy</html>"));
          break;
        default:
          peer.send(ok_response(saying("at last")));
      }
    }
  });
  const auto reader = open(options_for(server.port()));
  const auto answer = reader->answer("q");
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->text, "at last");
  EXPECT_EQ(reader->num_requests(), 5U);
  EXPECT_EQ(reader->num_retries(), 4U);
}

TEST(ChatReader, GivesUpAfterItsAttempts) {
  TestUpstream server(testing::respond_each([](const RawMessage&) { return status(500); }));
  ChatReaderOptions options = options_for(server.port());
  options.attempts = 3;
  const auto reader = open(options);
  const auto answer = reader->answer("q");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(reader->num_requests(), 3U);
}

TEST(ChatReader, RefusalsAreNotRetried) {
  int code = 401;
  TestUpstream server(testing::respond_each(
      [&](const RawMessage&) { return status(code, "", R"({"error":{"message":"why not"}})"); }));
  const auto reader = open(options_for(server.port()));
  const auto wrong_key = reader->answer("q");
  ASSERT_FALSE(wrong_key);
  EXPECT_EQ(wrong_key.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(wrong_key.error().detail.find("why not"), std::string::npos);
  code = 400;
  const auto too_long = reader->answer("q");
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code, ErrorCode::kPromptTooLong);
  EXPECT_EQ(too_long.error().detail.find("why not"), std::string::npos)
      << "it may quote the prompt";
  EXPECT_EQ(reader->num_requests(), 2U);
}

TEST(ChatReader, CeilingCountsEveryRequest) {
  TestUpstream server(testing::answer_each([](const RawMessage&) { return saying("x"); }));
  const TemporaryDir dir;
  ChatReaderOptions options = options_for(server.port(), dir.file("c.db"));
  options.max_requests = 2;
  const auto reader = open(options);
  ASSERT_TRUE(reader->answer("1"));
  ASSERT_TRUE(reader->answer("2"));
  const auto third = reader->answer("3");
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::kOverloaded);
  EXPECT_TRUE(reader->answer("1")) << "what is cached costs nothing";
  EXPECT_EQ(reader->num_requests(), 2U);
}

TEST(ChatReader, SilentServersEndAtTheDeadline) {
  TestUpstream server([](RawSocket& peer, int) {
    testing::read_message(peer);
    peer.read_some(5s);
  });
  ChatReaderOptions options = options_for(server.port());
  options.attempts = 1;
  options.limits.answer = 100ms;
  const auto reader = open(options);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(reader->answer("q"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

TEST(ChatReader, ThreadsAskAtOnce) {
  TestUpstream server(testing::answer_each(
      [](const RawMessage& request) { return saying(std::to_string(request.body.size())); }));
  const auto reader = open(options_for(server.port()));
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const std::string prompt(static_cast<std::size_t>(10 * t + i), 'x');
        const auto answer = reader->answer(prompt);
        const std::size_t bytes = chat_body(prompt, {.model = "mock", .members = {}}).size();
        if (answer && answer->text == std::to_string(bytes)) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 80);
  EXPECT_LE(server.num_connections(), 4);
}

TEST(ChatReader, SpeaksTlsAndChecksTheName) {
  std::signal(SIGPIPE, SIG_IGN);
  const testing::Identity ca = testing::make_identity(nullptr, "");
  const testing::Identity identity = testing::make_identity(&ca, "DNS:localhost");
  const auto context = testing::make_server(identity);
  const testing::CaFile ca_file(ca);
  TestUpstream server([&](RawSocket& socket, int) {
    testing::TlsPeer peer(context.get(), socket);
    if (!peer.is_open()) return;
    while (!peer.read_until("}]").empty()) {
      if (!peer.send(ok_response(saying("sealed")))) return;
      peer.read_until("}");
    }
  });
  ChatReaderOptions options = options_for(server.port());
  options.url = "https://localhost:" + std::to_string(server.port());
  options.ca_file = ca_file.path();
  options.attempts = 1;
  const auto answer = open(options)->answer("q");
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->text, "sealed");
  options.url = "https://127.0.0.1:" + std::to_string(server.port());
  EXPECT_FALSE(open(options)->answer("q")) << "a certificate for another name";
}

}  // namespace
}  // namespace pith
