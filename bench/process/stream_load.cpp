#include "bench/process/stream_load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace pith::bench {
namespace {

std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

struct Stream {
  int fd = -1;
  std::size_t rounds_left = 0;
  std::int64_t sent_ns = 0;
  bool first = true;
  std::string unread;
};

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

bool ask(Stream& stream, const std::string& request) {
  stream.first = true;
  stream.unread.clear();
  stream.sent_ns = now_ns();
  return ::send(stream.fd, request.data(), request.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(request.size());
}

/// Takes the stamped events out of what has arrived; true when the response has ended.
bool take_events(Stream& stream, std::int64_t now, StreamTimes& times) {
  auto& text = stream.unread;
  std::size_t done = 0;
  for (std::size_t at = text.find("t=0"); at != std::string::npos; at = text.find("t=0", at + 1)) {
    if (text.size() < at + 23) break;
    if (text[at + 22] != ';') continue;
    const auto written = std::strtoll(text.c_str() + at + 2, nullptr, 10);
    if (stream.first)
      times.first_event_us.push_back(static_cast<double>(now - stream.sent_ns) / 1e3);
    stream.first = false;
    times.event_age_us.push_back(static_cast<double>(now - written) / 1e3);
    done = at + 23;
  }
  if (text.ends_with("\r\n0\r\n\r\n") || text == "0\r\n\r\n") return true;
  text.erase(0, std::max(done, text.size() > 64 ? text.size() - 64 : 0));
  return false;
}

}  // namespace

StreamTimes run_streams(const StreamPlan& plan) {
  StreamTimes times;
  const std::string request =
      "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: "
      "application/json\r\n" +
      plan.headers +
      "x-mock-stamp: 1\r\nx-mock-plain: 1\r\nx-mock-events: " + std::to_string(plan.events) +
      "\r\nx-mock-event-gap-ms: " + std::to_string(plan.gap_ms) +
      "\r\ncontent-length: " + std::to_string(plan.body.size()) + "\r\n\r\n" + plan.body;
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  std::vector<Stream> streams(plan.streams);
  std::size_t open = 0;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    Stream& stream = streams[i];
    stream.fd = connect_to(plan.port);
    stream.rounds_left = plan.rounds;
    if (stream.fd < 0 || !ask(stream, request)) {
      ++times.broken;
      continue;
    }
    epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.u64 = i;
    epoll_ctl(poll, EPOLL_CTL_ADD, stream.fd, &interest);
    ++open;
    // Spread over one gap, so that they do not all write at the same moment.
    if (plan.gap_ms > 0) usleep(static_cast<useconds_t>(plan.gap_ms * 1000 / plan.streams));
  }
  std::vector<char> bytes(1U << 18);
  epoll_event ready[64];
  while (open > 0) {
    const int n = epoll_wait(poll, ready, 64, 30'000);
    if (n <= 0) break;
    for (int i = 0; i < n; ++i) {
      Stream& stream = streams[ready[i].data.u64];
      const auto got = ::recv(stream.fd, bytes.data(), bytes.size(), 0);
      const auto now = now_ns();
      bool over = got <= 0;
      if (over) ++times.broken;
      if (!over) {
        stream.unread.append(bytes.data(), static_cast<std::size_t>(got));
        if (take_events(stream, now, times)) {
          ++times.whole;
          over = --stream.rounds_left == 0 || !ask(stream, request);
        }
      }
      if (over) {
        epoll_ctl(poll, EPOLL_CTL_DEL, stream.fd, nullptr);
        --open;
      }
    }
  }
  times.broken += open;
  for (const Stream& stream : streams) {
    if (stream.fd >= 0) ::close(stream.fd);
  }
  ::close(poll);
  return times;
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0.0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

}  // namespace pith::bench
