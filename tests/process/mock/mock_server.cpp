#include "tests/process/mock/mock_server.h"

#include <sys/socket.h>

#include <boost/asio.hpp>
#include <boost/json.hpp>
#include <charconv>
#include <chrono>

#include "tests/process/mock/mock_connection.h"

namespace pith::mock {
namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using asio::ip::tcp;

namespace {

constexpr std::size_t kKeptBytesMax = 1U << 30;
constexpr auto kQuiet = asio::as_tuple(use_awaitable);

}  // namespace

MockServer::MockServer(asio::io_context& io, std::uint16_t port, bool record)
    : io_(io), acceptor_(io, {asio::ip::address_v4::loopback(), port}), record_(record) {
  acceptor_.listen(4096);
  asio::co_spawn(io_, accept(), asio::detached);
}

awaitable<void> MockServer::accept() {
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(kQuiet);
    if (error) {  // Out of file descriptors: wait for some to close.
      asio::steady_timer timer(io_, std::chrono::milliseconds(50));
      co_await timer.async_wait(kQuiet);
      continue;
    }
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    auto connection = std::make_shared<Connection>(std::move(socket));
    connection->name = "c" + std::to_string(++num_connections_);
    open_.insert(connection.get());
    asio::co_spawn(io_, serve(connection),
                   [this, connection](std::exception_ptr) { open_.erase(connection.get()); });
  }
}

awaitable<void> MockServer::serve(std::shared_ptr<Connection> connection) {
  for (;;) {
    MockRequest request;
    if (!co_await read_request(*connection, request)) break;
    request.number = ++num_requests_;
    request.connection = connection->name;
    connection->id = request.header("x-mock-id");
    connection->phase = "before_head";
    connection->body_bytes = 0;
    const bool own = request.target.starts_with("/_mock/");
    bool go_on = false;
    if (own) {
      go_on = co_await respond(*connection, request, own_endpoint(request));
    } else {
      if (record_) keep(request);
      connection->busy = true;
      asio::co_spawn(io_, watch(connection), asio::detached);
      go_on = co_await respond(*connection, request, answer_to(request));
      connection->busy = false;
      boost::system::error_code ignored;
      connection->socket.cancel(ignored);  // Ends watch().
    }
    connection->phase = "idle";
    if (!go_on || request.header("connection") == "close") break;
  }
  boost::system::error_code ignored;
  connection->socket.close(ignored);
}

awaitable<void> MockServer::watch(std::shared_ptr<Connection> connection) {
  auto [error] = co_await connection->socket.async_wait(tcp::socket::wait_read, kQuiet);
  if (error || !connection->busy) co_return;
  char byte = 0;
  const auto n = ::recv(connection->socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)))
    co_return;  // A pipelined request: alive.
  gone(*connection);
}

void MockServer::gone(Connection& connection) {
  if (connection.gone) return;
  connection.gone = true;
  if (connection.phase != "last_write") {
    disconnects_.push_back({connection.id, connection.phase, unix_ms(), connection.body_bytes});
  }
  connection.timer.cancel();
}

void MockServer::keep(const MockRequest& request) {
  requests_.push_back(request);
  kept_bytes_ += request.body.size() + request.head.size();
  while (kept_bytes_ > kKeptBytesMax) {
    kept_bytes_ -= requests_.front().body.size() + requests_.front().head.size();
    requests_.pop_front();
  }
}

awaitable<bool> MockServer::read_request(Connection& connection, MockRequest& request) {
  auto& buffer = connection.buffer;
  std::size_t end = 0;
  while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
    if (buffer.size() > (1U << 20)) co_return false;
    auto [error, n] = co_await connection.socket.async_read_some(
        asio::buffer(buffer.data() + (buffer.resize(buffer.size() + 16384), buffer.size() - 16384),
                     16384),
        kQuiet);
    buffer.resize(buffer.size() - 16384 + n);
    if (error) co_return false;
  }
  auto parsed = parse_head(std::string_view(buffer).substr(0, end + 4));
  if (!parsed) co_return false;
  request = std::move(*parsed);
  request.at_ms = unix_ms();
  buffer.erase(0, end + 4);
  request.framing = "none";
  if (!request.header("expect").empty() &&
      !co_await write(connection, "HTTP/1.1 100 Continue\r\n\r\n"))
    co_return false;
  if (!request.header("transfer-encoding").empty()) {
    request.framing = "chunked";
    co_return co_await read_chunked(connection, request.body);
  }
  if (const std::string_view text = request.header("content-length"); !text.empty()) {
    request.framing = "length";
    const auto length = static_cast<std::size_t>(request.number_of("content-length", 0));
    const std::size_t have = std::min(length, buffer.size());
    request.body = buffer.substr(0, have);
    buffer.erase(0, have);
    request.body.resize(length);
    auto [error, n] = co_await asio::async_read(
        connection.socket, asio::buffer(request.body.data() + have, length - have), kQuiet);
    if (error && have < length) {
      connection.id = request.header("x-mock-id");
      connection.phase = "request_body";
      gone(connection);
      co_return false;
    }
  }
  co_return true;
}

awaitable<bool> MockServer::read_chunked(Connection& connection, std::string& body) {
  auto& buffer = connection.buffer;
  for (;;) {
    auto [error, end] = co_await asio::async_read_until(
        connection.socket, asio::dynamic_buffer(buffer), "\r\n", kQuiet);
    if (error) co_return false;
    std::size_t size = 0;
    if (std::from_chars(buffer.data(), buffer.data() + end, size, 16).ec != std::errc{})
      co_return false;
    buffer.erase(0, end);
    if (buffer.size() < size + 2) {
      auto [error2, n] =
          co_await asio::async_read(connection.socket, asio::dynamic_buffer(buffer),
                                    asio::transfer_at_least(size + 2 - buffer.size()), kQuiet);
      if (error2) co_return false;
    }
    body.append(buffer, 0, size);
    buffer.erase(0, size + 2);
    if (size == 0) co_return true;
  }
}

awaitable<bool> MockServer::write(Connection& connection, std::string_view bytes) {
  if (connection.gone) co_return false;
  auto [error, n] = co_await asio::async_write(connection.socket, asio::buffer(bytes), kQuiet);
  if (error) gone(connection);
  co_return !error;
}

awaitable<void> MockServer::pause(Connection& connection, std::chrono::microseconds time) {
  if (connection.gone || time.count() <= 0) co_return;
  connection.timer.expires_after(time);
  co_await connection.timer.async_wait(kQuiet);
}

awaitable<bool> MockServer::pass_gate(Connection& connection, const std::string& gate) {
  while (!connection.gone && gates_[gate].permits == 0) {
    connection.timer.expires_after(
        std::chrono::seconds(60));  // Woken by a release or by the client's end.
    auto [error] = co_await connection.timer.async_wait(kQuiet);
    if (!error) co_return false;
  }
  --gates_[gate].permits;
  ++gates_[gate].written;
  co_return !connection.gone;
}

MockAnswer MockServer::own_endpoint(const MockRequest& request) {
  namespace json = boost::json;
  const auto query = [&](std::string_view key) {
    const auto at = request.target.find(std::string(key) + "=");
    if (at == std::string::npos) return std::string{};
    const auto begin = at + key.size() + 1;
    return request.target.substr(begin, request.target.find('&', begin) - begin);
  };
  json::object out;
  if (request.path() == "/_mock/reset") {
    requests_.clear();
    disconnects_.clear();
    gates_.clear();
    kept_bytes_ = 0;
  } else if (request.path() == "/_mock/release") {
    const auto n = query("n");
    Gate& gate = gates_[query("gate")];
    gate.permits += n.empty() ? 1 : std::stol(n);
    out = {{"written", gate.written}};
    for (auto* connection : open_) {
      if (connection->busy) connection->timer.cancel();
    }
  } else if (request.path() == "/_mock/state") {
    json::array active, disconnects, gates;
    for (const auto* connection : open_) {
      if (connection->busy && !connection->gone) {
        active.push_back(json::object{{"id", connection->id},
                                      {"phase", connection->phase},
                                      {"bytes", connection->body_bytes}});
      }
    }
    for (const auto& d : disconnects_) {
      disconnects.push_back(
          json::object{{"id", d.id}, {"phase", d.phase}, {"at_ms", d.at_ms}, {"bytes", d.bytes}});
    }
    for (const auto& [name, gate] : gates_)
      gates.push_back(json::object{{"gate", name}, {"written", gate.written}});
    out = {{"requests", num_requests_},
           {"connections", num_connections_},
           {"open", open_.size()},
           {"active", std::move(active)},
           {"disconnects", std::move(disconnects)},
           {"gates", std::move(gates)}};
  } else {  // /_mock/requests
    json::array all;
    const std::string id = query("id");
    for (const auto& r : requests_) {
      if (!id.empty() && r.header("x-mock-id") != id) continue;
      json::array headers;
      for (const auto& [name, value] : r.headers) headers.push_back(json::array{name, value});
      json::object entry{{"number", r.number},          {"method", r.method},
                         {"target", r.target},          {"headers", std::move(headers)},
                         {"framing", r.framing},        {"at_ms", r.at_ms},
                         {"connection", r.connection},  {"bytes", r.body.size()},
                         {"sha256", sha256_hex(r.body)}};
      if (query("body") != "0") {
        entry["head"] = base64(r.head);
        entry["body"] = base64(r.body);
      }
      all.push_back(std::move(entry));
    }
    out = {{"requests", std::move(all)}};
  }
  MockAnswer answer;
  answer.events.push_back(json::serialize(out));
  return answer;
}

std::int64_t unix_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::int64_t monotonic_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

}  // namespace pith::mock
