// An edge with a handler whose decisions a test writes as lambdas.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "apps/http/edge.h"
#include "tests/apps/http/test_upstream.h"

namespace pith::testing {

/// Routes by path: /edit... is kEdit, /local... kLocal, anything else kRelay. Remembers what it was
/// told.
class TestHandler : public EdgeHandler {
 public:
  using EditDone = std::function<void(EditedRequest)>;
  using LocalDone = std::function<void(LocalResponse)>;

  std::function<void(std::shared_ptr<EdgeRequest>, EditDone)> on_edit =
      [](const std::shared_ptr<EdgeRequest>&, const EditDone& done) { done({}); };
  std::function<void(std::shared_ptr<EdgeRequest>, LocalDone)> on_local =
      [](const std::shared_ptr<EdgeRequest>& request, const LocalDone& done) {
        done({.status = 200, .content_type = "text/plain", .body = request->body, .headers = {}});
      };
  std::size_t body_bytes_max = 64U << 20;
  HeaderList relay_headers;

  struct Finished {
    std::string target;
    bool with_request = false;
    EdgeOutcome outcome;
  };

  Route route(const RequestHead& head) override;
  void edit(std::shared_ptr<EdgeRequest> request, EditDone done) override {
    on_edit(std::move(request), std::move(done));
  }
  void local(std::shared_ptr<EdgeRequest> request, LocalDone done) override {
    on_local(std::move(request), std::move(done));
  }
  void client_gone(const std::shared_ptr<EdgeRequest>& request) override;
  LocalResponse error(unsigned status, std::string_view message, const RequestHead* head) override;
  void finished(const RequestHead& head, const std::shared_ptr<EdgeRequest>& request,
                const EdgeOutcome& outcome) override;

  /// Waits until `num` requests have finished; the last of them.
  Finished wait_finished(std::size_t num = 1);
  std::size_t wait_gone(std::size_t num = 1);
  std::size_t num_finished();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Finished> finished_;
  std::size_t num_gone_ = 0;
};

class EdgeTest : public ::testing::Test {
 protected:
  /// One upstream on loopback at `port`, unless `options` already name some.
  void start(std::uint16_t upstream_port, EdgeOptions options = {});
  RawSocket client(int receive_buffer = 0) {
    return RawSocket::connect_to(edge_->port(), receive_buffer);
  }
  /// Sends on a new connection and reads one message.
  std::optional<RawMessage> ask(std::string_view request);
  const EdgeCounters& counters() { return edge_->counters(); }

  TestHandler handler_;
  std::unique_ptr<Edge> edge_;
};

template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds limit = 5s) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

inline std::string post(std::string_view target, std::string_view body,
                        std::string_view fields = "") {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: pith\r\n" + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace pith::testing
