#include "tests/apps/http/edge_fixture.h"

namespace pith::testing {

Route TestHandler::route(const RequestHead& head) {
  Route route;
  if (head.target.starts_with("/edit")) route.action = Route::Action::kEdit;
  if (head.target.starts_with("/local")) route.action = Route::Action::kLocal;
  route.upstream_target = head.target;
  route.body_bytes_max = body_bytes_max;
  route.response_headers = relay_headers;
  return route;
}

void TestHandler::client_gone(const std::shared_ptr<EdgeRequest>& request) {
  const std::lock_guard lock(mutex_);
  EXPECT_TRUE(request->cancelled->load());
  ++num_gone_;
  changed_.notify_all();
}

LocalResponse TestHandler::error(unsigned status, std::string_view message,
                                 const RequestHead* head) {
  return {.status = status,
          .content_type = "text/plain",
          .body = std::string(message) + (head != nullptr ? " for " + head->target : std::string()),
          .headers = {}};
}

void TestHandler::finished(const RequestHead& head, const std::shared_ptr<EdgeRequest>& request,
                           const EdgeOutcome& outcome) {
  const std::lock_guard lock(mutex_);
  finished_.push_back({head.target, request != nullptr, outcome});
  changed_.notify_all();
}

TestHandler::Finished TestHandler::wait_finished(std::size_t num) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, 5s, [&] { return finished_.size() >= num; })) {
    ADD_FAILURE() << finished_.size() << " requests finished, expected " << num;
    return {};
  }
  return finished_[num - 1];
}

std::size_t TestHandler::wait_gone(std::size_t num) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, 5s, [&] { return num_gone_ >= num; });
  return num_gone_;
}

std::size_t TestHandler::num_finished() {
  const std::lock_guard lock(mutex_);
  return finished_.size();
}

void EdgeTest::start(std::uint16_t upstream_port, EdgeOptions options) {
  options.port = 0;
  if (options.drain_timeout == EdgeOptions().drain_timeout) options.drain_timeout = 100ms;
  if (options.upstreams.empty()) {
    Upstream upstream;
    upstream.name = "up";
    upstream.host = "127.0.0.1";
    upstream.port = upstream_port;
    options.upstreams.push_back(upstream);
  }
  auto edge = Edge::start(options, handler_);
  ASSERT_TRUE(edge) << edge.error().detail;
  edge_ = std::move(*edge);
}

std::optional<RawMessage> EdgeTest::ask(std::string_view request) {
  RawSocket socket = client();
  if (!socket.send(request)) return std::nullopt;
  return read_message(socket);
}

}  // namespace pith::testing
