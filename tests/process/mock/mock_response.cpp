// How an answer is written: framing, pauses, gates and cuts as the request's x-mock-* headers ask.
#include <boost/asio.hpp>
#include <cstdio>

#include "tests/process/mock/mock_connection.h"
#include "tests/process/mock/mock_server.h"

namespace pith::mock {
using boost::asio::awaitable;
using std::chrono::microseconds;

namespace {

std::string chunk_head(std::size_t size) {
  char text[24];
  std::snprintf(text, sizeof text, "%zx\r\n", size);
  return text;
}

/// `t=@@...;` becomes the clock at the write, same length.
void stamp(std::string& event) {
  const auto at = event.find("@@@@@@@@@@@@@@@@@@@@");
  if (at == std::string::npos) return;
  char digits[24];
  std::snprintf(digits, sizeof digits, "%020lld", static_cast<long long>(monotonic_ns()));
  event.replace(at, 20, digits);
}

}  // namespace

awaitable<bool> MockServer::respond(Connection& connection, const MockRequest& request,
                                    MockAnswer answer) {
  const auto hold = request.header("x-mock-hold");
  if (hold == "head") {
    while (!connection.gone) co_await pause(connection, std::chrono::seconds(600));
    co_return false;
  }
  co_await pause(connection,
                 std::chrono::milliseconds(request.number_of("x-mock-head-delay-ms", 0)));
  if (connection.gone) co_return false;
  if (!request.header("x-mock-gzip").empty() && answer.status == 200) {
    std::string all;
    for (const auto& event : answer.events) all += event;
    answer.events = {gzip_stored(all)};
    answer.headers.emplace_back("content-encoding", "gzip");
  }
  const bool bodiless = request.method == "HEAD" || answer.status == 204 || answer.status == 304;
  std::string framing(request.header("x-mock-framing"));
  if (answer.stream) framing = "chunked";
  std::string head;
  if (!request.header("x-mock-early-hints").empty())
    head += "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
  head += "HTTP/1.1 " + std::to_string(answer.status) +
          " Mock\r\ncontent-type: " + answer.content_type + "\r\n";
  for (const auto& [name, value] : answer.headers) head += name + ": " + value + "\r\n";
  head += "x-mock-answer: " + std::to_string(request.number) + "\r\n";
  if (framing == "chunked") {
    head += "transfer-encoding: chunked\r\n";
  } else if (framing == "close") {
    head += "connection: close\r\n";
  } else if (answer.status != 204) {
    std::size_t length = 0;
    for (const auto& event : answer.events) length += event.size();
    head += "content-length: " + std::to_string(length) + "\r\n";
  }
  head += "\r\n";
  if (bodiless) co_return co_await write(connection, head);
  connection.phase = "mid_stream";
  const bool waits =
      !request.header("x-mock-gate").empty() || request.number_of("x-mock-event-gap-ms", 0) > 0;
  if (waits) {
    if (!co_await write(connection, head)) co_return false;
    head.clear();
  }
  if (!co_await send_events(connection, request, std::move(answer), std::move(head),
                            framing == "chunked")) {
    co_return false;
  }
  co_return framing != "close" && request.header("x-mock-close-after").empty();
}

awaitable<bool> MockServer::send_events(Connection& connection, const MockRequest& request,
                                        MockAnswer answer, std::string unsent, bool chunked) {
  const std::string gate(request.header("x-mock-gate"));
  const microseconds gap = std::chrono::milliseconds(request.number_of("x-mock-event-gap-ms", 0));
  const auto split = static_cast<std::size_t>(std::max(0L, request.number_of("x-mock-split", 0)));
  const microseconds split_pause(request.number_of("x-mock-split-us", 300));
  long left = request.number_of("x-mock-cut-after", -1);
  for (std::size_t i = 0; i < answer.events.size(); ++i) {
    if (!gate.empty() && !co_await pass_gate(connection, gate)) co_return false;
    if (i > 0) co_await pause(connection, gap);
    std::string& event = answer.events[i];
    stamp(event);
    const bool cut = left >= 0 && static_cast<std::size_t>(left) <= event.size();
    if (cut) event.resize(static_cast<std::size_t>(left));
    if (left >= 0) left -= static_cast<long>(event.size());
    const std::size_t piece = split == 0 ? event.size() : split;
    for (std::size_t at = 0; at < event.size(); at += piece) {
      const std::string_view bytes = std::string_view(event).substr(at, piece);
      if (chunked) unsent += chunk_head(bytes.size());
      unsent += bytes;
      if (chunked) unsent += "\r\n";
      if (split != 0) {  // Two writes a piece, so that framing and characters are cut as well.
        const std::size_t half = unsent.size() / 2;
        if (!co_await write(connection, std::string_view(unsent).substr(0, half))) co_return false;
        co_await pause(connection, split_pause);
        unsent.erase(0, half);
      }
      const bool last = i + 1 == answer.events.size() && at + piece >= event.size() && !cut &&
                        request.header("x-mock-hold").empty();
      if (last && chunked) unsent += "0\r\n\r\n";
      if (last) connection.phase = "last_write";  // A client may leave as soon as it has these bytes.
      if (!co_await write(connection, unsent)) co_return false;
      unsent.clear();
      if (last) co_return true;
      connection.body_bytes += bytes.size();
      if (split != 0) co_await pause(connection, split_pause);
    }
    if (cut) {
      if (!unsent.empty()) co_await write(connection, unsent);
      co_return false;  // The connection is closed in the middle of the body.
    }
    if (request.header("x-mock-hold") == "mid") {
      while (!connection.gone) co_await pause(connection, std::chrono::seconds(600));
      co_return false;
    }
  }
  if (chunked) unsent += "0\r\n\r\n";
  co_return unsent.empty() || co_await write(connection, unsent);
}

}  // namespace pith::mock
