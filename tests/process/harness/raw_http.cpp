#include "tests/process/harness/raw_http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace pith::process {
namespace {

using Clock = std::chrono::steady_clock;

int millis_until(Clock::time_point end) {
  const auto left = std::chrono::duration_cast<Millis>(end - Clock::now()).count();
  return static_cast<int>(std::max<long>(0, left));
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

void parse_head(Reply& reply) {
  std::string_view head = reply.head;
  if (head.size() > 12 && head.starts_with("HTTP/1."))
    reply.status = std::atoi(reply.head.c_str() + 9);
  head.remove_prefix(std::min(head.find("\r\n") + 2, head.size()));
  while (!head.starts_with("\r\n") && !head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) {
      std::string_view value = line.substr(colon + 1);
      while (value.starts_with(' ')) value.remove_prefix(1);
      reply.headers.emplace_back(line.substr(0, colon), value);
    }
    head.remove_prefix(line.size() + 2);
  }
}

}  // namespace

std::string Reply::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (same_name(key, name)) return value;
  }
  return {};
}

std::size_t Reply::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(headers.begin(), headers.end(),
                    [&](const auto& field) { return same_name(field.first, name); }));
}

RawSocket::RawSocket(std::uint16_t port) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) close();
  const int on = 1;
  if (fd_ >= 0) setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

RawSocket::~RawSocket() { close(); }

void RawSocket::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void RawSocket::half_close() { ::shutdown(fd_, SHUT_WR); }

void RawSocket::receive_buffer(int bytes) {
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

bool RawSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool RawSocket::fill(Clock::time_point end) {
  if (ended_) return false;
  pollfd ready{fd_, POLLIN, 0};
  if (::poll(&ready, 1, millis_until(end)) <= 0) return false;
  char bytes[65536];
  const auto n = ::recv(fd_, bytes, sizeof bytes, 0);
  if (n <= 0) {
    ended_ = true;
    return false;
  }
  buffer_.append(bytes, static_cast<std::size_t>(n));
  return true;
}

std::string RawSocket::read_some(std::size_t enough, Millis patience) {
  const auto end = Clock::now() + patience;
  while (buffer_.size() < enough && fill(end)) {
  }
  const std::size_t n = std::min(enough, buffer_.size());
  std::string bytes = buffer_.substr(0, n);
  buffer_.erase(0, n);
  return bytes;
}

bool RawSocket::closed(Millis patience) {
  const auto end = Clock::now() + patience;
  while (fill(end)) {
  }
  return ended_;
}

Reply RawSocket::read_reply(Millis patience, bool head_only) {
  const auto end = Clock::now() + patience;
  Reply reply;
  for (;;) {
    std::size_t at = 0;
    while ((at = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!fill(end)) {
        reply.timed_out = !ended_;
        return reply;
      }
    }
    reply = Reply{};
    reply.head = buffer_.substr(0, at + 4);
    buffer_.erase(0, at + 4);
    parse_head(reply);
    if (reply.status >= 200) break;
  }
  if (head_only || reply.status == 204 || reply.status == 304) {
    reply.complete = true;
  } else if (!reply.header("transfer-encoding").empty()) {
    for (;;) {
      std::size_t line = 0;
      while ((line = buffer_.find("\r\n")) == std::string::npos && fill(end)) {
      }
      if (line == std::string::npos) break;
      const std::size_t size = std::strtoul(buffer_.c_str(), nullptr, 16);
      while (buffer_.size() < line + 4 + size && fill(end)) {
      }
      if (buffer_.size() < line + 4 + size) {
        reply.body += buffer_.substr(std::min(line + 2, buffer_.size()));
        buffer_.clear();
        break;
      }
      reply.body.append(buffer_, line + 2, size);
      buffer_.erase(0, line + 4 + size);
      if (size == 0) {
        reply.complete = true;
        break;
      }
    }
  } else if (const std::string length = reply.header("content-length"); !length.empty()) {
    const std::size_t size = std::strtoul(length.c_str(), nullptr, 10);
    while (buffer_.size() < size && fill(end)) {
    }
    reply.body = buffer_.substr(0, size);
    buffer_.erase(0, reply.body.size());
    reply.complete = reply.body.size() == size;
  } else {
    while (fill(end)) {
    }
    reply.body = std::move(buffer_);
    buffer_.clear();
    reply.complete = ended_;
  }
  reply.timed_out = !reply.complete && !ended_;
  return reply;
}

std::string request_bytes(std::string_view method, std::string_view target, const Headers& headers,
                          std::string_view body) {
  std::string bytes = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
  bool host = false, length = false;
  for (const auto& [name, value] : headers) {
    bytes += name + ": " + value + "\r\n";
    host = host || same_name(name, "host");
    length = length || same_name(name, "content-length") || same_name(name, "transfer-encoding");
  }
  if (!host) bytes += "host: 127.0.0.1\r\n";
  if (!length && (!body.empty() || method == "POST"))
    bytes += "content-length: " + std::to_string(body.size()) + "\r\n";
  return bytes + "\r\n" + std::string(body);
}

Reply request(std::uint16_t port, std::string_view method, std::string_view target,
              const Headers& headers, std::string_view body, Millis patience) {
  RawSocket socket(port);
  if (!socket.connected()) return {};
  // A server may answer (413) before it has read everything: then sending fails, reading does not.
  socket.send(request_bytes(method, target, headers, body));
  return socket.read_reply(patience, method == "HEAD");
}

}  // namespace pith::process
