// A client's connection: its requests one after the other, each relayed, edited or answered here.
#pragma once

#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "apps/http/buffers.h"
#include "apps/http/chunk_scanner.h"
#include "apps/http/deadlines.h"
#include "apps/http/edge_core.h"
#include "apps/http/framing.h"
#include "apps/http/head_parser.h"
#include "apps/http/socket_io.h"
#include "apps/http/upstream_connection.h"

namespace pith {

class Worker;

/// Belongs to one I/O thread. A read is under way whenever there is room for what it brings: it
/// takes the next request's bytes early, and tells at once when the client is gone. An end of its
/// bytes (half-close too) while a request is under way cancels that request.
class ClientConnection final : public std::enable_shared_from_this<ClientConnection>,
                               public Timed,
                               private UpstreamConnection::Owner {
 public:
  /// Takes over the accepted socket and starts reading.
  static void adopt(Worker& worker, int fd, const sockaddr_storage& peer);
  ClientConnection(Worker& worker, int fd, const sockaddr_storage& peer);
  ~ClientConnection() override;

  /// Ends whatever is under way, at once.
  void abort();
  void close_if_idle();

 private:
  enum class Phase : std::uint8_t {
    kHead,      ///< Waiting for a request, or reading its head.
    kBody,      ///< Reading a body whole.
    kHandler,   ///< edit() or local() has it.
    kUpstream,  ///< Request and response under way.
    kTunnel,    ///< After 101.
    kFlush,     ///< Everything is said; the client has yet to take it.
    kLinger,  ///< Our side is closed; what still comes in is thrown away, so that no RST overtakes
              ///< the answer.
    kClosed,
  };

  /// What belongs to one request, made anew for the next.
  struct Exchange {
    RequestHead head;  // Moved into `request` when the body is read whole.
    Route route;
    std::shared_ptr<EdgeRequest> request;
    bool head_known = false;
    bool to_head = false;  // HEAD: the response has no body.
    bool http10 = false;
    bool upgrade = false;
    bool keep_alive = true;
    bool in_flight = false;

    BodyFraming body;
    std::uint64_t body_left = 0;
    ChunkScanner body_scanner{ChunkScanner::From::kRequest};
    bool body_done = true;
    std::uint64_t body_wait_ms = 0;       // Time spent waiting for the client's bytes.
    std::uint64_t upload_stalled_ms = 0;  // Since the upstream last took body bytes.
    std::size_t body_charge = 0;          // Taken from BodyMemory.

    std::string upstream_head;
    EditedRequest edited;
    std::string_view whole_body;  // To send with the head; in `request` or `edited`.
    bool upstream_ready = false;
    bool retried = false;
    bool replayable = true;
    std::string replay;  // Body bytes already sent on a kept connection.
    std::int64_t sent_at_ms = 0;

    bool response_started = false;  // A byte of it arrived.
    bool head_sent = false;
    unsigned num_interim = 0;
    BodyFraming response;
    std::uint64_t response_left = 0;
    ChunkScanner response_scanner{ChunkScanner::From::kResponse};
    bool decode_chunks = false;  // For HTTP/1.0 clients.
    bool upstream_keeps = false;
    std::int64_t upstream_idle_ms = 0;

    std::chrono::steady_clock::time_point began{};
    EdgeOutcome outcome;
  };

  // client_connection.cpp: bytes in and out, time, the end.
  void start_reading();
  void on_read(const boost::system::error_code& error, std::size_t num_bytes);
  bool wants_input() const;
  bool send(std::string_view first, std::string_view second);
  void flush_when_writable();
  void on_flushed();
  void on_client_end();
  void on_deadline() override;
  void on_body_tick();
  void set_timeout(std::chrono::milliseconds timeout);
  std::shared_ptr<void> hold() override { return shared_from_this(); }
  void cancel_request(bool client_gone);
  void linger();
  void close();

  // client_request.cpp: from the head to the handler.
  void parse_requests();
  bool parse_request();
  void accept_request(const ParsedHead& parsed);
  bool check_target(std::string_view& target, std::string& host);
  bool is_loop() const;
  void read_whole_body();
  bool grow_body(std::size_t num_more);
  void hand_over();
  void on_edited(EditedRequest edited);
  void on_local(LocalResponse response);
  void answer(const LocalResponse& response);
  void answer_error(unsigned status, std::string_view message);

  // client_exchange.cpp: the request on its way up.
  void begin_exchange();
  void use_upstream(bool fresh);
  void send_request();
  void pump_body();
  std::size_t take_body(std::string_view bytes);
  bool try_again();
  void drop_upstream();
  void on_upstream_ready() override;
  void on_upstream_unreachable(unsigned status, std::string why) override;
  void on_upstream_drained() override;

  // client_response.cpp: the response on its way down.
  void on_upstream_bytes() override;
  void on_upstream_end(bool clean) override;
  bool read_response_head();
  void start_tunnel(const ParsedHead& head);
  void relay_body();
  void pump_tunnel();
  void end_tunnel();
  void broken_upstream(const char* why);
  void end_response();
  void end_exchange();
  void report();

  const RequestHead& head() const { return x_.request ? x_.request->head : x_.head; }
  const EdgeOptions& options() const { return core_.options; }

  Worker& worker_;
  EdgeCore& core_;
  IoSocket socket_;
  std::string peer_;
  Phase phase_ = Phase::kHead;
  bool reading_ = false;
  bool flushing_ = false;
  bool ended_ = false;  // The client's bytes have ended.
  bool parsing_ = false;
  bool reset_after_flush_ = false;
  std::uint64_t generation_ =
      0;  // Of the exchange: late answers of the handler are told apart by it.
  InputBuffer input_;
  Outbox outbox_;
  HeadParser head_parser_;
  HeadParser response_parser_;
  std::string head_bytes_;  // The response head being written; kept for its capacity.
  std::shared_ptr<UpstreamConnection> upstream_;
  Exchange x_;
};

}  // namespace pith
