// A connection to an upstream: how it comes to be, its bytes in and out, with or without TLS.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "apps/http/buffers.h"
#include "apps/http/deadlines.h"
#include "apps/http/resolver.h"
#include "apps/http/socket_io.h"
#include "apps/http/tls_client.h"
#include "apps/http/upstream_plan.h"

namespace pith {

class Worker;

/// Belongs to one I/O thread. Calls its owner from the event loop only, never from within a call of
/// the owner.
class UpstreamConnection final : public std::enable_shared_from_this<UpstreamConnection>,
                                 public Timed {
 public:
  class Owner {
   public:
    virtual void on_upstream_ready() = 0;
    /// `status`: 502, or 508 when the upstream is this edge itself. `why` holds no secrets.
    virtual void on_upstream_unreachable(unsigned status, std::string why) = 0;
    /// input() has grown.
    virtual void on_upstream_bytes() = 0;
    /// No more bytes will come. `clean`: FIN, under TLS after close_notify.
    virtual void on_upstream_end(bool clean) = 0;
    /// unsent() has shrunk.
    virtual void on_upstream_drained() = 0;

   protected:
    ~Owner() = default;
  };

  UpstreamConnection(Worker& worker, std::size_t upstream);
  ~UpstreamConnection() override;

  /// Resolves, connects, asks the proxy, shakes hands; then on_upstream_ready or
  /// on_upstream_unreachable.
  void connect(Owner& owner);
  /// Takes a kept connection into use.
  void attach(Owner& owner);
  /// Out of use; `until_ms`: when it is too old to be used again.
  void detach(std::int64_t until_ms);
  void close();

  /// Sends both pieces, as one where it can; what the socket does not take waits. False: broken.
  bool send(std::string_view first, std::string_view second);
  std::size_t unsent() const { return outbox_.size(); }
  std::string_view input() const { return input_.view(); }
  void consume(std::size_t num_bytes) { input_.consume(num_bytes); }
  /// Asks for on_upstream_bytes or on_upstream_end, once.
  void read_more();
  /// Neither bytes nor an end are waiting.
  bool is_quiet();

  std::size_t upstream() const { return upstream_; }
  bool reused() const { return num_uses_ > 1; }
  std::int64_t idle_until_ms() const { return idle_until_ms_; }

 private:
  enum class Phase : std::uint8_t {
    kNew,
    kResolving,
    kConnecting,
    kProxy,
    kHandshake,
    kOpen,
    kClosed
  };

  void on_deadline() override;
  std::shared_ptr<void> hold() override { return shared_from_this(); }

  void on_resolved(Result<Resolver::Addresses> addresses);
  void try_next_address();
  bool open_socket(const SocketAddress& address);
  void on_connected();
  bool is_own_listener() const;
  void ask_proxy();
  void on_proxy_bytes();
  void start_tls();
  void handshake();
  void ready();
  void fail(unsigned status, std::string why);

  long write_some(std::string_view first, std::string_view second);
  void flush_when_writable();
  void read_plain();
  void read_tls();
  void wait_then_read_tls(bool for_write);
  void on_read(bool ended, bool clean, std::size_t num_bytes);

  Worker& worker_;
  const std::size_t upstream_;
  const UpstreamPlan& plan_;
  Owner* owner_ = nullptr;
  IoSocket socket_;
  SslPtr ssl_;
  Phase phase_ = Phase::kNew;
  Resolver::Addresses addresses_;
  std::size_t next_address_ = 0;
  std::int64_t connect_deadline_ms_ = 0;
  unsigned num_uses_ = 0;
  std::int64_t idle_until_ms_ = 0;
  bool reading_ = false;
  bool flushing_ = false;
  std::size_t read_size_ = 16U << 10;
  InputBuffer input_;
  Outbox outbox_;
  std::string problem_;
};

}  // namespace pith
