#include "tests/apps/http/test_upstream.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace pith::testing {

TestUpstream::TestUpstream(Script script) : script_(std::move(script)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  ::listen(listener_, 512);
  acceptor_ = std::thread([this] {
    while (true) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const std::lock_guard lock(mutex_);
      if (stopping_) {
        ::close(fd);
        continue;
      }
      open_.push_back(fd);
      const int number = num_connections_++;
      threads_.emplace_back([this, fd, number] {
        RawSocket peer(fd);
        script_(peer, number);
        const std::lock_guard done(mutex_);
        std::erase(open_, fd);
        peer.close();
      });
    }
  });
}

void TestUpstream::stop_listening() {
  if (listener_ < 0) return;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  listener_ = -1;
}

TestUpstream::~TestUpstream() {
  stopping_ = true;
  stop_listening();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
}

TestUpstream::Script respond_each(std::function<std::string(const RawMessage&)> respond) {
  return [respond = std::move(respond)](RawSocket& peer, int) {
    while (const auto request = read_message(peer, true, 20s)) {
      if (!peer.send(respond(*request))) return;
    }
  };
}

TestUpstream::Script answer_each(std::function<std::string(const RawMessage&)> answer) {
  return respond_each([answer = std::move(answer)](const RawMessage& request) {
    return ok_response(answer(request));
  });
}

std::string ok_response(std::string_view body) {
  return "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

std::string chunk(std::string_view data) {
  char size[20];
  std::snprintf(size, sizeof(size), "%zx\r\n", data.size());
  return size + std::string(data) + "\r\n";
}

}  // namespace pith::testing
