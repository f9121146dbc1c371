// A server for tests: one thread per connection runs a script on it.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/apps/http/raw_socket.h"

namespace pith::testing {

class TestUpstream {
 public:
  /// `number`: 0 for the first connection.
  using Script = std::function<void(RawSocket& peer, int number)>;
  explicit TestUpstream(Script script);
  ~TestUpstream();

  std::uint16_t port() const { return port_; }
  int num_connections() const { return num_connections_; }
  /// No more connections are taken, as if the server were gone.
  void stop_listening();

 private:
  const Script script_;
  std::uint16_t port_ = 0;
  std::atomic<int> num_connections_{0};
  std::atomic<bool> stopping_{false};
  int listener_ = -1;
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// Answers every request with 200 and `answer(request)` as a body, on kept connections.
TestUpstream::Script answer_each(std::function<std::string(const RawMessage&)> answer);
/// The same with whole responses.
TestUpstream::Script respond_each(std::function<std::string(const RawMessage&)> respond);

std::string ok_response(std::string_view body);
std::string chunk(std::string_view data);

}  // namespace pith::testing
