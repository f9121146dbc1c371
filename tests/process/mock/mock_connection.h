// One client connection of the mock upstream.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>

namespace pith::mock {

struct Connection {
  explicit Connection(boost::asio::ip::tcp::socket s)
      : socket(std::move(s)), timer(socket.get_executor()) {}

  boost::asio::ip::tcp::socket socket;
  boost::asio::steady_timer timer;
  std::string buffer;          ///< Read, not yet consumed.
  std::string name;            ///< "c7"
  bool gone = false;           ///< The client closed while it was owed an answer.
  bool busy = false;           ///< Between a request's head and the end of its answer.
  std::string id;              ///< x-mock-id of the request under way.
  std::string phase = "idle";  ///< "before_head", "mid_stream", "idle"
  std::size_t body_bytes = 0;  ///< Of the answer, written so far.
};

std::int64_t unix_ms();
std::int64_t monotonic_ns();

}  // namespace pith::mock
