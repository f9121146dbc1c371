// The mock upstream's sockets: one thread, one coroutine per connection.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "tests/process/mock/mock_answers.h"

namespace pith::mock {

struct Connection;

class MockServer {
 public:
  MockServer(boost::asio::io_context& io, std::uint16_t port, bool record);
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  struct Gate {
    long permits = 0;
    long written = 0;  ///< Events that passed.
  };
  struct Disconnect {
    std::string id, phase;
    std::int64_t at_ms = 0;
    std::size_t bytes = 0;  ///< Of the body, written until then.
  };

  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(std::shared_ptr<Connection> connection);
  boost::asio::awaitable<bool> read_request(Connection& connection, MockRequest& request);
  boost::asio::awaitable<bool> read_chunked(Connection& connection, std::string& body);
  boost::asio::awaitable<bool> respond(Connection& connection, const MockRequest& request,
                                       MockAnswer answer);
  boost::asio::awaitable<bool> send_events(Connection& connection, const MockRequest& request,
                                           MockAnswer answer, std::string unsent, bool chunked);
  boost::asio::awaitable<bool> write(Connection& connection, std::string_view bytes);
  boost::asio::awaitable<void> pause(Connection& connection, std::chrono::microseconds time);
  boost::asio::awaitable<bool> pass_gate(Connection& connection, const std::string& gate);
  boost::asio::awaitable<void> watch(std::shared_ptr<Connection> connection);
  void gone(Connection& connection);
  void keep(const MockRequest& request);
  MockAnswer own_endpoint(const MockRequest& request);

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  bool record_;
  std::uint64_t num_requests_ = 0, num_connections_ = 0;
  std::set<Connection*> open_;
  std::deque<MockRequest> requests_;
  std::size_t kept_bytes_ = 0;
  std::deque<Disconnect> disconnects_;
  std::map<std::string, Gate> gates_;
};

}  // namespace pith::mock
