#include "apps/demo/demo_upstream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "apps/demo/demo_answer.h"

namespace pith {
namespace {

constexpr std::size_t kHeadBytesMax = 1U << 20;
constexpr auto kWordGap = std::chrono::milliseconds(25);

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// Reads from the one client there is: Pith's own edge, whose requests are well formed.
class Reader {
 public:
  explicit Reader(int socket) : socket_(socket) {}

  bool head(std::string& out) {
    for (;;) {
      if (const auto end = buffer_.find("\r\n\r\n"); end != std::string::npos) {
        out = buffer_.substr(0, end + 2);
        buffer_.erase(0, end + 4);
        return true;
      }
      if (buffer_.size() > kHeadBytesMax || !more()) return false;
    }
  }
  bool bytes(std::size_t count, std::string& out) {
    while (buffer_.size() < count) {
      if (!more()) return false;
    }
    out.append(buffer_, 0, count);
    buffer_.erase(0, count);
    return true;
  }
  bool line(std::string& out) {
    for (;;) {
      if (const auto end = buffer_.find("\r\n"); end != std::string::npos) {
        out = buffer_.substr(0, end);
        buffer_.erase(0, end + 2);
        return true;
      }
      if (!more()) return false;
    }
  }

 private:
  bool more() {
    char chunk[16384];
    const ssize_t got = ::recv(socket_, chunk, sizeof chunk, 0);
    if (got <= 0) return false;
    buffer_.append(chunk, static_cast<std::size_t>(got));
    return true;
  }
  int socket_;
  std::string buffer_;
};

std::string lower_header(const std::string& head, std::string_view name) {
  std::string lower = head;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  const auto at = lower.find("\r\n" + std::string(name) + ":");
  if (at == std::string::npos) return {};
  const auto from = lower.find_first_not_of(' ', at + name.size() + 3);
  return lower.substr(from, lower.find("\r\n", from) - from);
}

bool read_body(Reader& reader, const std::string& head, std::string& body) {
  if (lower_header(head, "transfer-encoding") == "chunked") {
    for (std::string line; reader.line(line);) {
      std::size_t size = 0;
      std::from_chars(line.data(), line.data() + line.size(), size, 16);
      std::string end;
      if (!reader.bytes(size, body) || !reader.line(end)) return false;
      if (size == 0) return true;
    }
    return false;
  }
  const std::string length = lower_header(head, "content-length");
  std::size_t size = 0;
  std::from_chars(length.data(), length.data() + length.size(), size);
  return reader.bytes(size, body);
}

std::string chunk(std::string_view bytes) {
  char size[20];
  const auto end = std::to_chars(size, size + sizeof size, bytes.size(), 16).ptr;
  return std::string(size, end) + "\r\n" + std::string(bytes) + "\r\n";
}

}  // namespace

class DemoUpstream::Impl {
 public:
  Result<Done> start() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, generic, length) != 0 || ::listen(listener_, 512) != 0 ||
        ::getsockname(listener_, generic, &length) != 0) {
      return Error{ErrorCode::kUnavailable, "the demonstration upstream cannot listen on loopback"};
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
    return Done{};
  }
  ~Impl() {
    stopping_ = true;
    if (listener_ >= 0) ::shutdown(listener_, SHUT_RDWR);
    if (acceptor_.joinable()) acceptor_.join();
    if (listener_ >= 0) ::close(listener_);
    {
      const std::lock_guard lock(mutex_);
      for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
    }
    while (active_.load() != 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  std::uint16_t port() const { return port_; }

 private:
  void accept_all() {
    while (!stopping_) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) {
        if (stopping_) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        continue;
      }
      const int yes = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      {
        const std::lock_guard lock(mutex_);
        open_.insert(socket);
      }
      ++active_;
      std::thread([this, socket] {
        serve(socket);
        {
          const std::lock_guard lock(mutex_);
          open_.erase(socket);
        }
        ::close(socket);
        --active_;
      }).detach();
    }
  }

  void serve(int socket) const {
    Reader reader(socket);
    std::string head;
    while (!stopping_ && reader.head(head)) {
      std::string body;
      if (!read_body(reader, head, body)) return;
      const auto method_end = head.find(' ');
      const auto target_end = head.find(' ', method_end + 1);
      const std::string target = head.substr(method_end + 1, target_end - method_end - 1);
      const std::string method = head.substr(0, method_end);
      const auto question = target.find('?');
      const DemoAnswer answer = demo_answer(
          method, std::string_view(target).substr(0, question),
          question == std::string::npos ? "" : std::string_view(target).substr(question + 1), body);
      std::string start = "HTTP/1.1 " + std::to_string(answer.status) +
                          (answer.status == 200 ? " OK" : " Not Found") +
                          "\r\ncontent-type: " + answer.content_type + "\r\n";
      if (!answer.stream) {
        const std::string& whole = answer.pieces.front();
        start += "content-length: " + std::to_string(whole.size()) + "\r\n\r\n";
        if (!send_all(socket, method == "HEAD" ? start : start + whole)) return;
        continue;
      }
      if (!send_all(socket, start + "transfer-encoding: chunked\r\n\r\n")) return;
      for (const std::string& piece : answer.pieces) {
        if (stopping_ || !send_all(socket, chunk(piece))) return;
        std::this_thread::sleep_for(kWordGap);
      }
      if (!send_all(socket, "0\r\n\r\n")) return;
    }
  }

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> active_{0};
  std::mutex mutex_;
  std::set<int> open_;
  std::thread acceptor_;
};

DemoUpstream::DemoUpstream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DemoUpstream::~DemoUpstream() = default;
std::uint16_t DemoUpstream::port() const { return impl_->port(); }

Result<std::unique_ptr<DemoUpstream>> DemoUpstream::start() {
  auto impl = std::make_unique<Impl>();
  if (auto started = impl->start(); !started) return started.error();
  return std::unique_ptr<DemoUpstream>(new DemoUpstream(std::move(impl)));
}

}  // namespace pith
