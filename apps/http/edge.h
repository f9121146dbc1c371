// The HTTP edge: takes requests, relays them to upstreams, streams answers back byte for byte. It
// knows HTTP and nothing of LLM APIs: an EdgeHandler decides what each request is and may replace
// its body.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "messages/result.h"

namespace pith {

using HeaderList =
    std::vector<std::pair<std::string, std::string>>;  ///< In order, names as received.

/// First value of a header, compared without case; empty when absent.
std::string_view find_header(const HeaderList& headers, std::string_view name);

struct RequestHead {
  std::string method;
  std::string target;  ///< As received, byte for byte: path and query.
  unsigned version = 11;
  HeaderList headers;
  std::string peer;  ///< Client's address without port.
};

struct Upstream {
  std::string name;
  bool tls = false;
  std::string host;
  std::uint16_t port = 80;
  std::string path_prefix;  ///< Put before the target, no trailing slash; "" or "/openai".
  bool keep_pith_headers =
      false;  ///< x-pith-* request headers go upstream too: only to another Pith.
  bool send_via =
      false;  ///< Adds `via: 1.1 pith-<instance>`; set it where the upstream may lead back here.
};

/// What to do with a request, decided from its head alone.
struct Route {
  enum class Action : std::uint8_t {
    kRelay,  ///< Stream request and response through.
    kEdit,   ///< Read the body whole, give it to edit(), send what comes back.
    kLocal,  ///< Read the body whole, answer it here.
  };
  Action action = Action::kRelay;
  std::size_t upstream = 0;     ///< Index into EdgeOptions::upstreams.
  std::string upstream_target;  ///< Target after routing; the upstream's path_prefix is put before
                                ///< it by the edge.
  std::size_t body_bytes_max = 64U << 20;
  HeaderList response_headers{};  ///< Added to the response (kRelay).
};

/// A whole request, shared with the handler. `cancelled` becomes true when the client is gone.
struct EdgeRequest {
  RequestHead head;
  Route route;
  std::string body;  ///< capacity() >= size() + 64, so that simdjson can read it without a copy.
  std::shared_ptr<std::atomic<bool>> cancelled = std::make_shared<std::atomic<bool>>(false);
  std::chrono::steady_clock::time_point received_at;
  void* context = nullptr;  ///< The handler's own.
  std::shared_ptr<void> context_owner;
};

/// What goes upstream: `body` when replace_body, else the bytes that were received. Always with a
/// content-length: a body that came chunked has been decoded.
struct EditedRequest {
  bool replace_body = false;
  std::string body{};
  HeaderList response_headers{};  ///< x-pith-*, added to the response's head.
  std::vector<std::string>
      dropped_headers;  ///< Request headers not sent on: a body digest, a decoded content-encoding.
};

struct LocalResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body{};
  HeaderList headers{};
};

/// What became of a request, for counters and the log.
struct EdgeOutcome {
  unsigned status = 0;  ///< 0: no response head was sent.
  std::uint64_t request_bytes = 0,
                response_bytes = 0;  ///< Of the bodies, as framed on the client's side.
  std::chrono::microseconds to_first_byte{0}, total{0};
  bool client_gone = false;
  bool upstream_broke = false;  ///< The response ended before its frame did.
};

/// Callbacks may come from several I/O threads at once. A client that ends its side of the
/// connection (half-close too) while its request is under way counts as gone: the upstream is
/// dropped at once.
class EdgeHandler {
 public:
  virtual ~EdgeHandler() = default;
  /// Called on an I/O thread: quick, no waiting.
  virtual Route route(const RequestHead& head) = 0;
  /// Called on an I/O thread; must return at once. `done` is called exactly once, from any thread.
  virtual void edit(std::shared_ptr<EdgeRequest> request,
                    std::function<void(EditedRequest)> done) = 0;
  virtual void local(std::shared_ptr<EdgeRequest> request,
                     std::function<void(LocalResponse)> done) = 0;
  /// The client of this request is gone while edit() or local() was under way (cancelled is already
  /// true).
  virtual void client_gone(const std::shared_ptr<EdgeRequest>& request) = 0;
  /// Body of an error the edge itself makes, in the shape of the API that was called: 400 408 413
  /// 431 502 503 504.
  virtual LocalResponse error(unsigned status, std::string_view message,
                              const RequestHead* head) = 0;
  /// After the last byte. `request` is null for kRelay routes.
  virtual void finished(const RequestHead& head, const std::shared_ptr<EdgeRequest>& request,
                        const EdgeOutcome& outcome) = 0;
};

struct EdgeOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  ///< 0: any free one.
  unsigned threads = 2;
  std::vector<Upstream> upstreams{};
  std::string ca_file{};  ///< Extra CA certificates.
  std::string https_proxy{}, http_proxy{},
      no_proxy{};  ///< As in the environment; CONNECT for https, absolute-form for http.
  std::size_t header_bytes_max = 64U << 10;
  std::size_t header_fields_max = 200;
  std::size_t connections_max = 4096;
  std::size_t requests_max = 2048;               ///< In flight; beyond: 503 with retry-after.
  std::size_t body_memory_max = 512U << 20;      ///< Bytes of whole bodies in memory; beyond: 503.
  std::size_t client_buffer_bytes = 256U << 10;  ///< Upstream reading stops above it.
  std::chrono::milliseconds connect_timeout{10'000}, tls_timeout{10'000}, header_timeout{20'000},
      response_timeout{600'000}, idle_timeout{600'000}, keep_alive_client{75'000},
      keep_alive_upstream{40'000}, drain_timeout{30'000};
  std::uint32_t body_bytes_per_s_min = 1024;  ///< Slower request bodies get 408.
};

struct EdgeCounters {
  std::atomic<std::uint64_t> connections{0}, requests{0}, responses{0}, client_gone{0},
      upstream_failed{0}, upstream_connects{0}, upstream_reused{0}, refused{0}, bad_requests{0};
  std::atomic<std::int64_t> open_connections{0}, in_flight{0};
};

/// A streaming reverse proxy. One upstream request per client request; only when a kept connection
/// turns out closed (within 2 s, before any response byte, at most client_buffer_bytes of the body
/// streamed) is it sent once more, on a fresh one. An upstream that is this edge's own listener
/// gets 508, and so does a request whose Via names this edge.
class Edge {
 public:
  /// Binds and starts its I/O threads. Errors: kInvalidArgument "cannot listen on ...".
  static Result<std::unique_ptr<Edge>> start(EdgeOptions options, EdgeHandler& handler);
  ~Edge();
  std::uint16_t port() const;
  /// Stops accepting, lets requests finish up to drain_timeout, then aborts; blocks until done.
  void stop();
  const EdgeCounters& counters() const;

 private:
  class Impl;
  explicit Edge(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pith
