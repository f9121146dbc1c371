#include "apps/http/upstream_connection.h"

#include <openssl/err.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include "apps/http/worker.h"

namespace pith {

using boost::asio::socket_base;
using boost::system::error_code;

UpstreamConnection::UpstreamConnection(Worker& worker, std::size_t upstream)
    : worker_(worker),
      upstream_(upstream),
      plan_(worker.core().plans[upstream]),
      socket_(worker.context()) {}

UpstreamConnection::~UpstreamConnection() = default;

void UpstreamConnection::attach(Owner& owner) {
  owner_ = &owner;
  ++num_uses_;
  count(worker_.core().counters.upstream_reused);
}

void UpstreamConnection::detach(std::int64_t until_ms) {
  owner_ = nullptr;
  idle_until_ms_ = until_ms;
  read_size_ = 16U << 10;
  if (input_.capacity() > read_size_) input_.release();
}

void UpstreamConnection::close() {
  owner_ = nullptr;
  unlink();
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  // close_notify is a courtesy; a peer that is slow to read it must not hold us.
  if (ssl_ && SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
  ERR_clear_error();
  error_code ignored;
  socket_.close(ignored);
}

bool UpstreamConnection::is_quiet() {
  if (!ssl_) return pith::is_quiet(socket_.native_handle());
  // Session tickets and other records of TLS itself may wait; SSL_peek takes those in.
  char byte;
  ERR_clear_error();
  const int got = SSL_peek(ssl_.get(), &byte, 1);
  return got <= 0 && SSL_get_error(ssl_.get(), got) == SSL_ERROR_WANT_READ;
}

long UpstreamConnection::write_some(std::string_view first, std::string_view second) {
  if (!ssl_) return send_now(socket_.native_handle(), first, second);
  long total = 0;
  for (std::string_view piece : {first, second}) {
    while (!piece.empty()) {
      ERR_clear_error();
      const int size = static_cast<int>(std::min<std::size_t>(piece.size(), 1U << 20));
      const int sent = SSL_write(ssl_.get(), piece.data(), size);
      if (sent <= 0) {
        const int error = SSL_get_error(ssl_.get(), sent);
        // Want-read in a write means a key update or renegotiation: the reading side will move it
        // on.
        return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? total : -1;
      }
      piece.remove_prefix(static_cast<std::size_t>(sent));
      total += sent;
    }
  }
  return total;
}

bool UpstreamConnection::send(std::string_view first, std::string_view second) {
  if (phase_ == Phase::kClosed) return false;
  std::size_t sent = 0;
  if (outbox_.empty()) {
    std::string joined;
    if (ssl_ && !first.empty() && first.size() + second.size() <= (16U << 10)) {
      joined.append(first).append(second);  // One TLS record instead of two.
      first = joined;
      second = {};
    }
    const long taken = write_some(first, second);
    if (taken < 0) return false;
    sent = static_cast<std::size_t>(taken);
    const std::size_t of_first = std::min(sent, first.size());
    outbox_.append(first.substr(of_first));
    outbox_.append(second.substr(sent - of_first));
  } else {
    outbox_.append(first);
    outbox_.append(second);
  }
  if (!outbox_.empty()) flush_when_writable();
  return true;
}

void UpstreamConnection::flush_when_writable() {
  if (flushing_) return;
  flushing_ = true;
  socket_.async_wait(socket_base::wait_write,
                     [this, self = shared_from_this()](const error_code& error) {
                       flushing_ = false;
                       if (error || phase_ == Phase::kClosed) return;
                       const long sent = write_some(outbox_.view(), {});
                       if (sent < 0) return outbox_.clear();  // The reading side reports the end.
                       outbox_.consume(static_cast<std::size_t>(sent));
                       if (!outbox_.empty()) flush_when_writable();
                       if (owner_ != nullptr && phase_ == Phase::kOpen)
                         owner_->on_upstream_drained();
                     });
}

void UpstreamConnection::read_more() {
  if (reading_ || phase_ == Phase::kClosed) return;
  reading_ = true;
  if (ssl_ && phase_ == Phase::kOpen) {
    read_tls();
  } else {
    read_plain();
  }
}

void UpstreamConnection::read_plain() {
  const std::span<char> room = input_.prepare(read_size_);
  socket_.async_read_some(
      boost::asio::buffer(room.data(), room.size()),
      [this, self = shared_from_this()](const error_code& error, std::size_t num_bytes) {
        const bool eof = error == boost::asio::error::eof;
        on_read(static_cast<bool>(error), eof, num_bytes);
      });
}

void UpstreamConnection::read_tls() {
  const std::span<char> room = input_.prepare(read_size_);
  ERR_clear_error();
  const int got = SSL_read(ssl_.get(), room.data(), static_cast<int>(room.size()));
  if (got > 0) {
    boost::asio::post(worker_.context().get_executor(), [this, self = shared_from_this(), got] {
      on_read(false, false, static_cast<std::size_t>(got));
    });
    return;
  }
  const int error = SSL_get_error(ssl_.get(), got);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    return wait_then_read_tls(error == SSL_ERROR_WANT_WRITE);
  }
  const bool clean =
      error == SSL_ERROR_ZERO_RETURN;  // Anything else is an attack or a broken peer.
  boost::asio::post(worker_.context().get_executor(),
                    [this, self = shared_from_this(), clean] { on_read(true, clean, 0); });
}

void UpstreamConnection::wait_then_read_tls(bool for_write) {
  socket_.async_wait(for_write ? socket_base::wait_write : socket_base::wait_read,
                     [this, self = shared_from_this()](const error_code& error) {
                       if (phase_ == Phase::kClosed) return;
                       if (error) return on_read(true, false, 0);
                       read_tls();
                     });
}

void UpstreamConnection::on_read(bool ended, bool clean, std::size_t num_bytes) {
  reading_ = false;
  if (phase_ == Phase::kClosed) return;
  input_.commit(num_bytes);
  if (phase_ == Phase::kProxy) {
    if (ended) return fail(502, "proxy closed the connection");
    return on_proxy_bytes();
  }
  if (owner_ == nullptr) return close();  // A read that was left over from the last use.
  // A read that fills its buffer: a large body, worth larger reads.
  if (num_bytes >= read_size_ && read_size_ < (64U << 10)) read_size_ *= 2;
  if (ended) return owner_->on_upstream_end(clean);
  owner_->on_upstream_bytes();
}

}  // namespace pith
