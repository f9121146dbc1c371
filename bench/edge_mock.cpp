// A model server for measuring proxies: answers every POST with an SSE stream of 50 events of about
// 110 bytes, each stamped with the monotonic clock. Targets: /burst (as fast as it can), /paced (1
// ms between events).
//   edge_mock PORT
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

namespace {

constexpr int kNumEvents = 50;

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::size_t content_length(std::string_view head) {
  for (const std::string_view name : {"Content-Length: ", "content-length: "}) {
    const std::size_t at = head.find(name);
    if (at == std::string_view::npos) continue;
    std::size_t length = 0;
    std::from_chars(head.data() + at + name.size(), head.data() + head.size(), length);
    return length;
  }
  return 0;
}

bool answer(int fd, int gap_ms) {
  if (!send_all(fd,
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
                "transfer-encoding: chunked\r\n\r\n")) {
    return false;
  }
  for (int i = 0; i < kNumEvents; ++i) {
    if (gap_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(gap_ms));
    char event[160];
    const long long now = std::chrono::steady_clock::now().time_since_epoch().count();
    const int length = std::snprintf(
        event, sizeof(event),
        "data: {\"id\":\"chatcmpl-0\",\"object\":\"chat.completion.chunk\",\"choices\":"
        "[{\"delta\":{\"t\":%019lld}}]}\n\n",
        now);
    char chunk[200];
    const int chunk_length = std::snprintf(chunk, sizeof(chunk), "%x\r\n%s\r\n", length, event);
    if (!send_all(fd, {chunk, static_cast<std::size_t>(chunk_length)})) return false;
  }
  return send_all(fd, "0\r\n\r\n");
}

void serve(int fd) {
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  std::string in;
  char buffer[16384];
  while (true) {
    const std::size_t end = in.find("\r\n\r\n");
    if (end == std::string::npos ||
        in.size() < end + 4 + content_length(std::string_view(in).substr(0, end + 2))) {
      const ssize_t got = ::recv(fd, buffer, sizeof(buffer), 0);
      if (got <= 0) break;
      in.append(buffer, static_cast<std::size_t>(got));
      continue;
    }
    const std::string_view head = std::string_view(in).substr(0, end + 2);
    const int gap_ms = head.find(" /paced") != head.npos  ? 1
                       : head.find(" /slow") != head.npos ? 20
                                                          : 0;
    const std::size_t total = end + 4 + content_length(head);
    if (!answer(fd, gap_ms)) break;
    in.erase(0, total);
  }
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  const int one = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listener, 1024) != 0) {
    std::perror("edge_mock");
    return 1;
  }
  while (true) {
    const int fd = ::accept(listener, nullptr, nullptr);
    if (fd >= 0) std::thread(serve, fd).detach();
  }
}
