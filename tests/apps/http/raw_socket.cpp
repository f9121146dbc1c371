#include "tests/apps/http/raw_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "apps/http/header_list.h"

namespace pith::testing {

RawSocket& RawSocket::operator=(RawSocket&& other) noexcept {
  close();
  fd_ = other.fd_;
  other.fd_ = -1;
  input_ = std::move(other.input_);
  return *this;
}

RawSocket RawSocket::connect_to(std::uint16_t port, int receive_buffer) {
  RawSocket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (receive_buffer > 0) {
    ::setsockopt(socket.fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::connect(socket.fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
    socket.close();
  return socket;
}

RawSocket::RawSocket(int fd) : fd_(fd) {
  const int one = 1;  // Pieces of a message leave as they are written.
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

bool RawSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawSocket::half_close() { ::shutdown(fd_, SHUT_WR); }

void RawSocket::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void RawSocket::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  close();
}

RawSocket::End RawSocket::read_some(std::chrono::milliseconds limit) {
  pollfd waiting{fd_, POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(limit.count())) <= 0) return End::kTimeout;
  char buffer[65536];
  const ssize_t got = ::recv(fd_, buffer, sizeof(buffer), 0);
  if (got == 0) return End::kFin;
  if (got < 0) return End::kReset;
  input_.append(buffer, static_cast<std::size_t>(got));
  return End::kNone;
}

std::string RawSocket::read_until(std::string_view text, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  std::size_t at;
  while ((at = input_.find(text)) == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0 || read_some(left) != End::kNone) return {};
  }
  std::string out = input_.substr(0, at + text.size());
  input_.erase(0, out.size());
  return out;
}

std::string RawSocket::read_exactly(std::size_t num_bytes, std::chrono::milliseconds limit) {
  while (input_.size() < num_bytes) {
    if (read_some(limit) != End::kNone) return {};
  }
  std::string out = input_.substr(0, num_bytes);
  input_.erase(0, num_bytes);
  return out;
}

std::string RawSocket::read_to_end(End* end, std::chrono::milliseconds limit) {
  End last;
  while ((last = read_some(limit)) == End::kNone) {
  }
  if (end != nullptr) *end = last;
  return std::move(input_);
}

bool RawSocket::stays_silent(std::chrono::milliseconds time) {
  return input_.empty() && read_some(time) == End::kTimeout;
}

std::optional<std::string> RawMessage::field(std::string_view name) const {
  std::size_t at = head.find("\r\n");
  while (at != std::string::npos && at + 2 < head.size()) {
    const std::size_t end = head.find("\r\n", at + 2);
    const std::string_view line = std::string_view(head).substr(at + 2, end - at - 2);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && iequals(line.substr(0, colon), name)) {
      return std::string(trim_blanks(line.substr(colon + 1)));
    }
    at = end;
  }
  return std::nullopt;
}

std::optional<RawMessage> read_message(RawSocket& socket, bool body_expected,
                                       std::chrono::milliseconds limit) {
  RawMessage message;
  message.head = socket.read_until("\r\n\r\n", limit);
  if (message.head.empty()) return std::nullopt;
  if (!body_expected) return message;
  if (const auto length = message.field("content-length")) {
    const std::size_t num_bytes = std::stoul(*length);
    message.body = message.content = socket.read_exactly(num_bytes, limit);
    if (message.body.size() != num_bytes) return std::nullopt;
  } else if (message.field("transfer-encoding")) {
    while (true) {
      const std::string line = socket.read_until("\r\n", limit);
      if (line.empty()) return std::nullopt;
      const std::size_t size = std::stoul(line, nullptr, 16);
      if (size == 0) {
        const std::string rest = socket.read_until("\r\n", limit);  // No trailers in these tests.
        if (rest.empty()) return std::nullopt;
        message.body += line + rest;
        break;
      }
      const std::string data = socket.read_exactly(size + 2, limit);
      if (data.empty()) return std::nullopt;
      message.body += line + data;
      message.content += data.substr(0, size);
    }
  }
  return message;
}

}  // namespace pith::testing
